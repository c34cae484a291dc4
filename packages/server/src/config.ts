import { homedir } from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AttuneError } from '@attune/core';

/** Where the project stands: three folders above this file, in `src` as in `dist`. */
export const projectRoot = fileURLToPath(new URL('../../..', import.meta.url)).replace(/[/\\]$/, '');

export interface Config {
  /** Data folder. */
  home: string;
  host: string;
  /** Port of the API; 0: the last one if free, else any. */
  port: number;
  /** Set: an outside PostgreSQL, and no embedded server. */
  databaseUrl: string | undefined;
  /** What others call this server; webhook URLs begin with it. Undefined: http://host:port. */
  publicUrl: string | undefined;
  secretKey: string | undefined;
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  workerName: string | undefined;
  workerSlots: number;
  /** Names of variables of the worker's environment that actions may see. */
  workerEnv: readonly string[];
  /** Whether processes for Python and Node actions are started before they are needed. */
  workerPrestart: boolean;
  /** When a process of a warm action is replaced, and how many wait for a call. */
  workerWarm: { uses: number; memoryMb: number; ageSeconds: number; idleSeconds: number; kept: number };
  stopGraceSeconds: number;
  poolSize: number;
  /** Port at which this process tells its metrics to whoever asks; undefined: none. */
  metricsPort: number | undefined;
}

interface Setting<T> {
  /** What it is for, its unit and range, as the documentation prints it. */
  description: string;
  /** The default as the documentation prints it. */
  default: string;
  read: (text: string | undefined) => T;
}

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** Every setting by its environment variable: the one place that knows them. docs/configuration.md is printed from this table. */
export const settings = {
  ATTUNE_HOME: {
    description: 'Data folder: embedded database, secret key, caches, `server.json`. Made with mode 0700.',
    default: '`.attune` in the project root',
    read: (text) => folder(text ?? resolve(projectRoot, '.attune')),
  } satisfies Setting<string>,
  ATTUNE_HOST: {
    description: 'Address the API listens on.',
    default: '127.0.0.1',
    read: (text) => text ?? '127.0.0.1',
  } satisfies Setting<string>,
  ATTUNE_PORT: {
    description: 'Port of the API, 0 to 65535. 0 takes the port of the last `server.json` if it is free, else any.',
    default: '8080',
    read: (text) => integer('ATTUNE_PORT', text, 8080, 0, 65_535),
  } satisfies Setting<number>,
  ATTUNE_PUBLIC_URL: {
    description: 'What others call this server, e.g. behind a proxy; webhook URLs begin with it.',
    default: '`http://HOST:PORT`',
    read: (text) => httpUrl('ATTUNE_PUBLIC_URL', text),
  } satisfies Setting<string | undefined>,
  DATABASE_URL: {
    description: 'A PostgreSQL 15 or later to use; then no embedded server is started.',
    default: 'none: the embedded server',
    read: (text) => databaseUrl(text),
  } satisfies Setting<string | undefined>,
  ATTUNE_SECRET_KEY: {
    description: 'Key of stored secrets, 32 bytes in base64 or hex; every host needs the same.',
    default: '`secret.key` in the data folder, made at first start',
    read: (text) => text,
  } satisfies Setting<string | undefined>,
  ATTUNE_LOG_LEVEL: {
    description: `Least level that is logged: ${levels.join(', ')}. Logs are JSON lines on standard error.`,
    default: 'info',
    read: (text) => oneOf('ATTUNE_LOG_LEVEL', text, levels, 'info'),
  } satisfies Setting<Config['logLevel']>,
  ATTUNE_WORKER_NAME: {
    description: 'Stable name of the worker; a worker that starts under it ends what its former self left running.',
    default: 'host name and the lowest free number',
    read: (text) => text,
  } satisfies Setting<string | undefined>,
  ATTUNE_WORKER_SLOTS: {
    description: 'Executions that a worker runs at once, 1 to 1000.',
    default: '10',
    read: (text) => integer('ATTUNE_WORKER_SLOTS', text, 10, 1, 1_000),
  } satisfies Setting<number>,
  ATTUNE_WORKER_ENV: {
    description: "Names of variables of the worker's environment that actions may see, separated by commas.",
    default: 'none',
    read: (text) =>
      (text ?? '')
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
  } satisfies Setting<string[]>,
  ATTUNE_WORKER_PRESTART: {
    description:
      'Whether Python actions are forked from a process that has started already, and Node and shell actions run in one that waits, `on` or `off`.',
    default: 'on',
    read: (text) => oneOf('ATTUNE_WORKER_PRESTART', text, ['on', 'off'], 'on') === 'on',
  } satisfies Setting<boolean>,
  ATTUNE_WORKER_WARM_USES: {
    description: 'Calls after which the process of a warm action is replaced, 1 to 1000000.',
    default: '1000',
    read: (text) => integer('ATTUNE_WORKER_WARM_USES', text, 1_000, 1, 1_000_000),
  } satisfies Setting<number>,
  ATTUNE_WORKER_WARM_MEMORY_MB: {
    description: 'MiB in memory from which the process of a warm action is replaced after its call, 16 to 1048576.',
    default: '256',
    read: (text) => integer('ATTUNE_WORKER_WARM_MEMORY_MB', text, 256, 16, 1_048_576),
  } satisfies Setting<number>,
  ATTUNE_WORKER_WARM_AGE_SECONDS: {
    description: 'Seconds after which the process of a warm action is replaced after its call, 1 to 31536000.',
    default: '3600',
    read: (text) => integer('ATTUNE_WORKER_WARM_AGE_SECONDS', text, 3_600, 1, 31_536_000),
  } satisfies Setting<number>,
  ATTUNE_WORKER_WARM_IDLE_SECONDS: {
    description: 'Seconds after which the process of a warm action ends that nobody calls, 1 to 31536000.',
    default: '300',
    read: (text) => integer('ATTUNE_WORKER_WARM_IDLE_SECONDS', text, 300, 1, 31_536_000),
  } satisfies Setting<number>,
  ATTUNE_WORKER_WARM_KEPT: {
    description:
      'Processes of warm actions that wait for a call at most, 0 to 1000; those that work count by their slots.',
    default: '10',
    read: (text) => integer('ATTUNE_WORKER_WARM_KEPT', text, 10, 0, 1_000),
  } satisfies Setting<number>,
  ATTUNE_STOP_GRACE_SECONDS: {
    description: 'Seconds between SIGTERM and SIGKILL when an action is stopped, 0 to 600.',
    default: '5',
    read: (text) => integer('ATTUNE_STOP_GRACE_SECONDS', text, 5, 0, 600),
  } satisfies Setting<number>,
  ATTUNE_DATABASE_POOL: {
    description: 'Most connections to PostgreSQL that one process keeps, 2 to 200.',
    default: '10',
    read: (text) => integer('ATTUNE_DATABASE_POOL', text, 10, 2, 200),
  } satisfies Setting<number>,
  ATTUNE_METRICS_PORT: {
    description:
      'Port of ATTUNE_HOST at which this process tells its metrics at `/metrics` to whoever asks, 0 to 65535; 0 takes any. For processes without the API, which tells them to those who may read them.',
    default: 'none',
    read: (text) => (text === undefined ? undefined : integer('ATTUNE_METRICS_PORT', text, 0, 0, 65_535)),
  } satisfies Setting<number | undefined>,
};

/** Reads the configuration. An empty variable counts as not set.
 *  @throws AttuneError configuration, naming the variable and what was expected. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const read = <K extends keyof typeof settings>(name: K): ReturnType<(typeof settings)[K]['read']> => {
    const text = env[name]?.trim();
    return settings[name].read(text === '' ? undefined : text) as ReturnType<(typeof settings)[K]['read']>;
  };
  return {
    home: read('ATTUNE_HOME'),
    host: read('ATTUNE_HOST'),
    port: read('ATTUNE_PORT'),
    databaseUrl: read('DATABASE_URL'),
    publicUrl: read('ATTUNE_PUBLIC_URL'),
    secretKey: read('ATTUNE_SECRET_KEY'),
    logLevel: read('ATTUNE_LOG_LEVEL'),
    workerName: read('ATTUNE_WORKER_NAME'),
    workerSlots: read('ATTUNE_WORKER_SLOTS'),
    workerEnv: read('ATTUNE_WORKER_ENV'),
    workerPrestart: read('ATTUNE_WORKER_PRESTART'),
    workerWarm: {
      uses: read('ATTUNE_WORKER_WARM_USES'),
      memoryMb: read('ATTUNE_WORKER_WARM_MEMORY_MB'),
      ageSeconds: read('ATTUNE_WORKER_WARM_AGE_SECONDS'),
      idleSeconds: read('ATTUNE_WORKER_WARM_IDLE_SECONDS'),
      kept: read('ATTUNE_WORKER_WARM_KEPT'),
    },
    stopGraceSeconds: read('ATTUNE_STOP_GRACE_SECONDS'),
    poolSize: read('ATTUNE_DATABASE_POOL'),
    metricsPort: read('ATTUNE_METRICS_PORT'),
  };
}

const refuse = (name: string, expected: string, got: string): AttuneError =>
  new AttuneError('configuration', `${name} is '${got}'; expected ${expected}`);

function integer(name: string, text: string | undefined, fallback: number, least: number, most: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw refuse(name, `a whole number from ${least} to ${most}`, text);
  }
  return value;
}

function oneOf<T extends string>(name: string, text: string | undefined, allowed: readonly T[], fallback: T): T {
  if (text === undefined) return fallback;
  const found = allowed.find((one) => one === text);
  if (found === undefined) throw refuse(name, `one of ${allowed.join(', ')}`, text);
  return found;
}

function httpUrl(name: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (!/^https?:\/\/\S+$/.test(text) || !URL.canParse(text)) throw refuse(name, 'an http or https URL', text);
  return text.replace(/\/+$/, '');
}

/** The value may hold a password, so it is never repeated in the error. */
function databaseUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (!/^postgres(ql)?:\/\//.test(text)) {
    throw new AttuneError(
      'configuration',
      'DATABASE_URL is not one; expected postgresql://user:password@host:port/database',
    );
  }
  return text;
}

function folder(text: string): string {
  const path = text.startsWith('~/') ? resolve(homedir(), text.slice(2)) : text;
  return isAbsolute(path) ? path : resolve(path);
}
