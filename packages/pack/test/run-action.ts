import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseJson, stringifyJson, type JsonObject } from '@attune/core';

export const projectRoot = fileURLToPath(new URL('../../../', import.meta.url));

export interface Run {
  exit_code: number | null;
  stdout: string;
  stderr: string;
  /** Standard output, read as the worker reads `output_format: json`. */
  data: JsonObject;
}

const interpreters = { mjs: process.execPath, py: 'python3', sh: 'sh' };

/** Runs a script of one of Attune's packs, e.g. `core/actions/http_request.mjs`: see {@link runScript}. */
export const runAction = (
  script: string,
  parameters: JsonObject | string,
  environment: Record<string, string> = {},
): Promise<Run> => {
  const at = script.indexOf('/actions/');
  return runScript(`${projectRoot}packs/${script.slice(0, at)}`, script.slice(at + 1), parameters, environment);
};

/** Runs a script of a pack in `folder` as a worker does: parameters on standard input as one JSON line, or as the text given, and an
 *  environment of its own. */
export async function runScript(
  folder: string,
  script: string,
  parameters: JsonObject | string,
  environment: Record<string, string> = {},
): Promise<Run> {
  const interpreter = interpreters[script.slice(script.lastIndexOf('.') + 1) as keyof typeof interpreters];
  return runCommand([interpreter, `${folder}/${script}`], folder, parameters, environment);
}

const caller =
  'import json, runpy, sys; print(json.dumps(runpy.run_path(sys.argv[1])["run"](json.load(sys.stdin), {})))';

/** Calls the function of a Python script whose action says `runner: warm`. */
export const callAction = (script: string, parameters: JsonObject): Promise<Run> =>
  runCommand(['python3', '-c', caller, `${projectRoot}packs/${script}`], projectRoot, parameters, {});

async function runCommand(
  [program = '', ...args]: readonly string[],
  folder: string,
  parameters: JsonObject | string,
  environment: Record<string, string>,
): Promise<Run> {
  const child = spawn(program, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', TZ: 'UTC', ATTUNE_ATTEMPT: '1', ...environment },
  });
  // A script that ends before it has read everything is judged by its exit code.
  child.stdin.on('error', () => undefined);
  child.stdin.end(`${typeof parameters === 'string' ? parameters : stringifyJson(parameters)}\n`);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { exit_code: child.exitCode, stdout, stderr, data: stdout === '' ? {} : (parseJson(stdout) as JsonObject) };
}
