import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.ts';

const program = join(import.meta.dirname, '..', 'packages', 'server', 'bin', 'attune-server.mjs');

export interface ServerProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  /** What it wrote so far, standard output and error together. */
  output(): string;
  /** Sends SIGTERM and resolves with the exit code. */
  stop(): Promise<number>;
  /** SIGKILL, and no goodbye. */
  kill(): Promise<void>;
}

export interface StartOptions {
  home: string;
  services?: readonly string[];
  env?: Readonly<Record<string, string>>;
}

/** A folder of the test's own for data, removed at the end. */
export async function temporaryHome(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'attune-home-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 10 }) };
}

/** Starts the real `attune-server` as a process of its own, on a free port. It is killed at dispose if it still runs. */
export function spawnServer({ home, services = [], env = {} }: StartOptions): ServerProcess {
  const { DATABASE_URL: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [program, ...services], {
    env: { ...inherited, ATTUNE_HOME: home, ATTUNE_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const exited = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => (text += part));
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const self: ServerProcess = {
    child,
    output: () => text,
    async stop() {
      if (isRunning()) child.kill('SIGTERM');
      return exited;
    },
    async kill() {
      if (isRunning()) child.kill('SIGKILL');
      await exited;
    },
    async [Symbol.asyncDispose]() {
      await self.stop();
    },
  };
  return self;
}

export interface Api {
  url: string;
  token: string;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown, headers?: Record<string, string>): Promise<T>;
}

/** Waits until the server of this home says that work can be done, and speaks to its API as the local administrator. */
export async function connect(server: ServerProcess, home: string): Promise<Api> {
  const url = await until(`the server is ready\n`, async () => {
    if (server.child.exitCode !== null) throw new Error(`The server ended:\n${server.output()}`);
    const file = await readFile(join(home, 'server.json'), 'utf8').catch(() => undefined);
    if (file === undefined) return undefined;
    const found = JSON.parse(file) as { url: string; pid: number };
    if (found.pid !== server.child.pid) return undefined;
    const health = await fetch(`${found.url}/health`).catch(() => undefined);
    return health?.status === 200 ? found.url : undefined;
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${server.output()}`);
  });
  const { token } = JSON.parse(await readFile(join(home, 'cli-token.json'), 'utf8')) as { token: string };
  return apiOf(url, token);
}

export function apiOf(url: string, token: string): Api {
  const call = async (method: string, path: string, body: unknown, headers: Record<string, string>) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return JSON.parse(text) as { data: never };
  };
  return {
    url,
    token,
    get: async (path) => (await call('GET', path, undefined, {})).data,
    post: async (path, body, headers = {}) => (await call('POST', path, body, headers)).data,
  };
}
