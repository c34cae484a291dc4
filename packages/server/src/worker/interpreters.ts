import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { RunnerType } from '@attune/core';

/** A program that runs scripts. */
export interface Interpreter {
  /** The program itself, never a shim that looks for it: a shim takes ten times as long to start. */
  path: string;
  /** Before the script. */
  args: readonly string[];
  /** As it calls itself, e.g. `3.11.7`; empty where it has none. */
  version: string;
}

/** The interpreters of this host, found once. */
export interface Interpreters {
  python: Interpreter | undefined;
  nodejs: Interpreter;
  /** By the name a script's first line may ask for; `sh` is the one for those that ask for none. */
  shells: ReadonlyMap<string, Interpreter>;
}

const shellNames = ['sh', 'bash', 'dash', 'ksh', 'zsh'];

/** Milliseconds an interpreter has to say what it is. */
const probeMs = 20_000;

export async function findInterpreters(searchPath: string): Promise<Interpreters> {
  const shells = new Map<string, Interpreter>();
  for (const name of shellNames) {
    const path = findProgram(name, searchPath);
    if (path !== undefined) shells.set(name, { path, args: [], version: '' });
  }
  return {
    python: await probePython(searchPath),
    nodejs: { path: process.execPath, args: [], version: process.versions.node },
    shells,
  };
}

/** The runtimes whose actions this host can run. */
export const runtimesOf = ({ python, shells }: Interpreters): RunnerType[] => [
  ...(shells.has('sh') ? (['shell'] as const) : []),
  ...(python === undefined ? [] : (['python'] as const)),
  'nodejs',
  'native',
];

/** The first executable file of that name on the path. */
function findProgram(name: string, searchPath: string): string | undefined {
  for (const folder of searchPath.split(delimiter)) {
    if (!folder.startsWith('/')) continue; // '' and '.' mean the working directory, which is the pack's
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not in this folder
    }
  }
  return undefined;
}

/** Python 3 says itself where it really is. `-u`: output is read while it is written. `-B`: no byte code beside the pack's files. */
async function probePython(searchPath: string): Promise<Interpreter | undefined> {
  const found = findProgram('python3', searchPath);
  if (found === undefined) return undefined;
  const program = 'import platform, sys; print(sys.executable); print(platform.python_version())';
  try {
    const { stdout } = await promisify(execFile)(found, ['-I', '-c', program], { timeout: probeMs });
    const [path = '', version = ''] = stdout.split('\n').map((line) => line.trim());
    return path === '' ? undefined : { path, args: ['-u', '-B'], version };
  } catch {
    return undefined; // a shim without a Python behind it, or a broken one
  }
}
