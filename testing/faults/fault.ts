import type { BreakPointName } from '../../packages/db/src/break-point.ts';

/** The processes of a fault run and the services of each. Each of them has its own way through the proxy to PostgreSQL. */
export const cast = {
  api: ['notifier', 'api'],
  executor_1: ['supervisor', 'executor'],
  executor_2: ['supervisor', 'executor'],
  worker_1: ['worker'],
  worker_2: ['worker'],
  worker_3: ['worker'],
} as const;

export type ProcessName = keyof typeof cast;

export const processNames = Object.keys(cast) as ProcessName[];

/** What can be done to a run, by name. The last three are properties of its load. */
export const faultKinds = [
  'kill',
  'freeze',
  'drain',
  'break_point',
  'postgres',
  'drop',
  'half_open',
  'file_limit',
  'clock',
  'slow_consumer',
  'duplicate',
  'poison',
  'payload',
] as const;

export type FaultKind = (typeof faultKinds)[number];

/** One disturbance. `at` is in milliseconds from the beginning of the load. */
export type Fault = { at: number } & (
  | /** SIGKILL, and a new start under the same name after a while. */ {
      kind: 'kill';
      process: ProcessName;
      down_ms: number;
    }
  | /** SIGSTOP, and SIGCONT after a while. */ { kind: 'freeze'; process: ProcessName; for_ms: number }
  | /** SIGTERM, and a new start. */ { kind: 'drain'; process: ProcessName }
  | /** SIGKILL, and a new start that ends, stops or fails at a moment named in the code. */ {
      kind: 'break_point';
      process: ProcessName;
      point: BreakPointName;
      nth: number;
      action: 'kill' | 'stop' | 'throw';
    }
  | /** SIGQUIT for the PostgreSQL server, and a new start: crash recovery. */ { kind: 'postgres' }
  | /** All connections of a process to PostgreSQL are reset. */ { kind: 'drop'; process: ProcessName }
  | /** Nothing passes through the connections of a process. Then they go on, are reset, or stay silent until the run is over while
     *  new ones work. */ {
      kind: 'half_open';
      process: ProcessName;
      for_ms: number;
      then: 'resume' | 'reset' | 'silence';
    }
  | /** SIGKILL, and a new start with a limit on the size of every file that the process writes, its log among them. */ {
      kind: 'file_limit';
      process: ProcessName;
      kilobytes: number;
    }
  | /** The database's clock jumps. */ { kind: 'clock'; seconds: number }
  | /** Clients subscribe to everything and read nothing. */ { kind: 'slow_consumer'; connections: number }
);
