import type { Spawned } from '../spawn.ts';
import { startForker, type Forker, type ForkerOptions, type PythonProgram } from './forker.ts';
import type { Retirement } from './stats.ts';

/** When a forker is replaced, so that what forks inherit (the seed of hashes, above all) does not stay the same for ever. */
const replaceAfter = { forks: 10_000, ms: 3_600_000 };

/** Milliseconds for which none is started after one could not be. */
const afterFailureMs = 60_000;

export interface PythonForks {
  /** Starts an action as a fork. Undefined where it has to start as a new process: there is no forker yet (one is on its way), or the
   *  action would not find in a fork what it finds in a new interpreter.
   *  @throws CannotStart where it is not known whether it has started. */
  start(program: PythonProgram): Promise<Spawned | undefined>;
  idle(): number;
  close(): Promise<void>;
}

/** Keeps one process that Python actions are forked from, from the first action on. */
export function openPythonForks(options: ForkerOptions): PythonForks {
  let living: { forker: Forker; since: number } | undefined;
  let starting: Promise<void> | undefined;
  let notBefore = 0;
  let isClosed = false;
  const retiring = new Set<Promise<void>>();

  const retire = ({ forker }: { forker: Forker }, why: Retirement) => {
    const ended = forker.retire(why).finally(() => retiring.delete(ended));
    retiring.add(ended);
  };

  const begin = () => {
    if (isClosed || performance.now() < notBefore) return;
    starting ??= startForker(options)
      .then((forker) => {
        if (living !== undefined) retire(living, living.forker.forks() < replaceAfter.forks ? 'age' : 'uses');
        living = { forker, since: performance.now() };
      })
      .catch(() => void (notBefore = performance.now() + afterFailureMs)) // actions go on as new processes
      .finally(() => (starting = undefined));
  };

  const isWorn = ({ forker, since }: { forker: Forker; since: number }): boolean =>
    forker.forks() >= replaceAfter.forks || performance.now() - since >= replaceAfter.ms;

  return {
    async start(program) {
      if (living !== undefined && !living.forker.isUsable()) {
        retire(living, 'crashed');
        living = undefined;
        notBefore = performance.now() + afterFailureMs;
      }
      if (living === undefined || isWorn(living)) begin();
      return living?.forker.fits(program) === true ? await living.forker.start(program) : undefined;
    },
    idle: () => (living?.forker.jobs() === 0 ? 1 : 0),
    async close() {
      isClosed = true;
      await starting;
      if (living !== undefined) retire(living, 'closing');
      living = undefined;
      await Promise.all(retiring);
    },
  };
}
