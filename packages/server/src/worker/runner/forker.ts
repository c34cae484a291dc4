import { closeSync, readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { CannotStart } from '../command.ts';
import { openInput } from '../input.ts';
import type { Interpreter } from '../interpreters.ts';
import type { Pipes } from '../pipes.ts';
import type { Records } from '../records.ts';
import { readerOf, type Exit, type Program, type Spawned } from '../spawn.ts';
import { killStrays } from '../stop.ts';
import { runnerScript, startHelper } from './helper.ts';
import { lineCutter } from './lines.ts';
import { environmentTexts, padding, sizeOf } from './room.ts';
import type { Retirement, RunnerBook } from './stats.ts';

/** Milliseconds a forker has to say what it is, to start a process, and to end. */
const patienceMs = { hello: 20_000, start: 10_000, end: 1_000 };

/** Modules that Python imports at its start where they exist: for them a fork comes too late. */
const startModules = ['sitecustomize', 'usercustomize'];

export interface ForkerOptions {
  python: Interpreter;
  pipes: Pipes;
  baseEnvironment: Readonly<Record<string, string>>;
  records: Records;
  /** An empty folder: it has nothing of its own at home. */
  home: string;
  book: RunnerBook;
}

export interface PythonProgram extends Program {
  /** The Python file. */
  script: string;
  /** Of the attempt, in its environment. */
  token: string;
}

/** A process that starts Python actions as forks of itself: see runners/forker.py. */
export interface Forker {
  /** Whether an action finds in a fork what it finds in a new interpreter. */
  fits(program: PythonProgram): boolean;
  /** @returns undefined where it refused, so that the action has to start in another way.
   *  @throws CannotStart where it ended, and it is not known whether the action had started. */
  start(program: PythonProgram): Promise<Spawned | undefined>;
  /** Neither ended nor stuck. */
  isUsable(): boolean;
  /** How many it has started, and how many of them run. */
  forks(): number;
  jobs(): number;
  /** Ends it as soon as what it has started has ended: only it can tell how. */
  retire(why: Retirement): Promise<void>;
}

interface Hello {
  modules: string[];
  room: [number, number];
}

interface Job {
  onPid: (pid: number) => void;
  onRefused: () => void;
  onExit: (exit: Exit) => void;
}

/** Starts a forker and waits until it has said what it is.
 *  @throws Error where it cannot do its work here. */
export async function startForker({
  python,
  pipes,
  baseEnvironment,
  records,
  home,
  book,
}: ForkerOptions): Promise<Forker> {
  const { PYTHONPATH: _, ...base } = baseEnvironment;
  const path = runnerScript('forker.py');
  const helper = await startHelper({
    command: { path: python.path, args: [...python.args, path, padding] },
    cwd: home,
    env: { ...base, HOME: home, TMPDIR: home, ATTUNE_ROOM: padding },
    stdio: ['ignore', 'ignore', 'ignore'],
    records,
  });
  book.started('forker');
  const jobs = new Map<number, Job>();
  let onHello: (hello: Hello) => void = () => undefined;
  let retiring: Retirement | undefined;
  let isStuck = false;
  let forks = 0;
  let onIdle: () => void = () => undefined;

  const hear = (line: string) => {
    const message = readLine(line);
    const job = jobs.get(message.id ?? -1);
    if (message.id === undefined) onHello(message as unknown as Hello);
    else if (message.pid !== undefined) job?.onPid(message.pid);
    else if (message.status !== undefined) job?.onExit(exitOfStatus(message.status));
    else job?.onRefused();
  };
  helper.channel.on('data', lineCutter(hear));
  void helper.exited.then(() => {
    book.retired('forker', retiring ?? 'crashed');
    // nobody can tell any more how they end
    for (const job of jobs.values()) job.onExit(unseen);
  });

  const hello = await new Promise<Hello>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('The forker says nothing')), patienceMs.hello);
    void helper.exited.then(() => reject(new Error('The forker ended')));
    void helper.exited.finally(() => clearTimeout(timer));
    onHello = (said) => {
      clearTimeout(timer);
      resolve(said);
    };
  }).catch(async (error: unknown) => {
    await helper.end(0);
    throw error;
  });
  const modules = new Set([...hello.modules.filter((name) => !name.includes('.')), ...startModules]);
  const names = new Map<string, boolean>();

  /** Whether a folder that comes before the interpreter's own holds something that a new interpreter would import from there. */
  const comesFirst = (one: string): boolean => {
    let found = names.get(one);
    if (found === undefined) {
      if (names.size > 1_000) names.clear();
      found = namesIn(one).some((name) => modules.has(name));
      names.set(one, found); // a pack's files never change: another revision has another folder
    }
    return found;
  };

  return {
    fits: ({ command, env, script }) =>
      sizeOf([command.path, ...command.args]) <= hello.room[0] &&
      sizeOf(environmentTexts(env)) <= hello.room[1] &&
      ![dirname(script), ...(env['PYTHONPATH'] ?? '').split(':')].some(comesFirst),
    async start({ command, cwd, env, input, folder: place, script, token }) {
      const [out, err] = [await pipes.take(), await pipes.take()];
      const [stdout, stderr] = [readerOf(out.readFd), readerOf(err.readFd)];
      const stdin = openInput(input, place);
      const id = (forks += 1);
      const ours = (fd: number) => `/proc/${process.pid}/fd/${fd}`;
      try {
        let onExit: (exit: Exit) => void = () => undefined;
        const exited = new Promise<Exit>((resolve) => (onExit = resolve));
        const pid = await new Promise<number | undefined>((resolve, reject) => {
          const lost = () => reject(new CannotStart('The process that starts Python actions has ended; try again'));
          const timer = setTimeout(() => {
            isStuck = true;
            void helper.end(0);
          }, patienceMs.start);
          const answer = (value: number | undefined) => {
            clearTimeout(timer);
            resolve(value);
          };
          jobs.set(id, {
            onPid: answer,
            onRefused: () => answer(undefined),
            onExit: (exit) => {
              clearTimeout(timer);
              jobs.delete(id);
              onExit(exit);
              if (jobs.size === 0) onIdle();
              lost(); // nothing happens where the process had started
            },
          });
          if (helper.hasExited()) return jobs.get(id)?.onExit(unseen);
          const streams = { stdin: ours(stdin), stdout: ours(out.writeFd), stderr: ours(err.writeFd) };
          const request = { id, script, argv: command.args.slice(-1), cwd, env, ...streams };
          helper.channel.write(`${JSON.stringify(request)}\n`);
          return undefined;
        });
        if (pid !== undefined) return { pid, stdout, stderr, exited };
        jobs.delete(id);
        isStuck = true; // it may not open what is ours, and never will
      } catch (error) {
        killStrays(new Set([token]));
        for (const stream of [stdout, stderr]) stream.destroy();
        throw error;
      } finally {
        for (const fd of [out.writeFd, err.writeFd, stdin]) closeSync(fd);
      }
      for (const stream of [stdout, stderr]) stream.destroy();
      return undefined;
    },
    isUsable: () => !helper.hasExited() && !isStuck && retiring === undefined,
    forks: () => forks,
    jobs: () => jobs.size,
    async retire(why) {
      retiring = why;
      // a worker closes it after its attempts
      if (jobs.size > 0 && why !== 'closing') await new Promise<void>((resolve) => (onIdle = resolve));
      await helper.end(patienceMs.end);
    },
  };
}

/** What is no line of a forker says nothing: who waits for one gives it up. */
function readLine(line: string): { id?: number; pid?: number; status?: number } {
  try {
    return JSON.parse(line) as ReturnType<typeof readLine>;
  } catch {
    return { id: -1 };
  }
}

const unseen: Exit = {
  code: null,
  signal: null,
  unseen: 'The process that had started the action has ended, so nobody could tell how the action would end',
};

/** As wait(2) has it. */
function exitOfStatus(status: number): Exit {
  const number = status & 0x7f;
  if (number === 0) return { code: (status >> 8) & 0xff, signal: null };
  const [name = 'SIGKILL'] = Object.entries(constants.signals).find(([, value]) => value === number) ?? [];
  return { code: null, signal: name as NodeJS.Signals };
}

/** What may be imported from a folder, by name. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => name.split('.')[0] ?? '');
  } catch {
    return []; // most packs have no lib/
  }
}
