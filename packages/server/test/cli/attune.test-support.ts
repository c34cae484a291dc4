import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Database } from '@attune/db';
import { freshDatabase } from '../../../../testing/database.ts';
import { connect, spawnServer, temporaryHome, type Api } from '../../../../testing/server.ts';

const program = join(import.meta.dirname, '..', '..', '..', 'cli', 'bin', 'attune.mjs');

/** Longest that a server may take to start on a busy machine, in milliseconds. */
export const startLimitMs = 60_000;

export interface Ended {
  exit: number;
  stdout: string;
  stderr: string;
}

export interface AttuneOptions {
  stdin?: string;
  env?: Readonly<Record<string, string>>;
}

/** The real command as a process of its own. */
export interface AttuneProcess {
  child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** What it wrote so far. */
  written: () => Pick<Ended, 'stdout' | 'stderr'>;
  ended: Promise<Ended>;
}

/** A whole server with all its services, and the command line of a user who has never used it. */
export interface Site extends AsyncDisposable {
  /** The user's working folder, with its own configuration in `.config`. */
  folder: string;
  db: Database;
  api: Api;
  /** Password of `admin`, as the first start printed it. */
  password: string;
  env: Readonly<Record<string, string>>;
  /** What the server wrote so far. */
  output: () => string;
  start(args: readonly string[], options?: AttuneOptions): AttuneProcess;
  /** Runs a command to its end. */
  run(args: readonly string[], options?: AttuneOptions): Promise<Ended>;
  /** The same with `-o json`: the value on standard output. */
  json<T>(args: readonly string[], options?: AttuneOptions): Promise<T>;
  write(files: Readonly<Record<string, string>>): Promise<void>;
}

export async function openSite(): Promise<Site> {
  const [fresh, home, user] = await Promise.all([freshDatabase(), temporaryHome(), temporaryHome()]);
  const server = spawnServer({ home: home.path, env: { DATABASE_URL: fresh.url } });
  const close = async () => {
    for (const one of [server, user, home, fresh]) await one[Symbol.asyncDispose]();
  };
  try {
    const api = await connect(server, home.path);
    const password = /Password: +(\S+)/.exec(server.output())?.[1] ?? '';
    return {
      ...commands(user.path, home.path),
      folder: user.path,
      db: fresh.db,
      api,
      password,
      output: () => server.output(),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function commands(folder: string, home: string): Pick<Site, 'env' | 'start' | 'run' | 'json' | 'write'> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, ATTUNE_HOME: home };
  const start: Site['start'] = (args, options = {}) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: folder,
      env: { ...env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.on('error', () => undefined); // a command that reads no input may end before it is written
    child.stdin.end(options.stdin ?? '');
    return { child, ...followed(child) };
  };
  const run: Site['run'] = (args, options) => start(args, options).ended;
  return {
    env,
    start,
    run,
    async json<T>(args: readonly string[], options?: AttuneOptions): Promise<T> {
      const { exit, stdout, stderr } = await run([...args, '-o', 'json'], options);
      if (exit !== 0) throw new Error(`attune ${args.join(' ')} ended with ${exit}: ${stderr}`);
      return JSON.parse(stdout) as T;
    },
    async write(files) {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), text);
      }
    },
  };
}

function followed(child: AttuneProcess['child']): Pick<AttuneProcess, 'written' | 'ended'> {
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (part: string) => (texts[name] += part));
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ exit: code ?? (signal === null ? -1 : 128), ...texts }));
  });
  return { written: () => texts, ended };
}
