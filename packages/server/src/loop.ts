import type { Logger } from 'pino';

/** Milliseconds until the next pass is due for a reason known now; undefined: none is. */
export type NextPass = number | undefined;

export interface LoopOptions {
  name: string;
  /** One pass over the work. Errors are logged and the pass is tried again. */
  pass: () => Promise<NextPass>;
  /** Longest pause between two passes, in milliseconds: the net under lost wake-ups. */
  pollMs: number;
  log: Logger;
}

export interface Loop {
  /** There may be work: run a pass now, or right after the one that runs. */
  wake(): void;
  /** Runs no further pass; resolves when the running one has ended. */
  stop(): Promise<void>;
}

/** Pauses after failures. At most a second: a database that restarts is back within a few, and is found soon. */
const backoffMs = { first: 100, most: 1_000 };

/** Runs a pass whenever it is woken, due, or `pollMs` has gone by; never two at once. */
export function startLoop({ name, pass, pollMs, log }: LoopOptions): Loop {
  let stopped = false;
  let woken = true;
  let wakeUp: (() => void) | undefined;
  let failures = 0;

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  // asked anew each time: both change while a pass runs
  const isStopped = () => stopped;
  const isWoken = () => woken;

  const run = async () => {
    while (!isStopped()) {
      woken = false;
      let pauseMs = pollMs;
      try {
        pauseMs = Math.min((await pass()) ?? pollMs, pollMs);
        failures = 0;
      } catch (error) {
        failures += 1;
        pauseMs = Math.min(backoffMs.first * 2 ** failures, backoffMs.most);
        log.error({ err: error, failures, retry_in_ms: pauseMs }, `A pass of ${name} failed; it will be tried again`);
      }
      if (!isStopped() && !isWoken()) await pause(Math.max(pauseMs, 0));
    }
  };
  // not before the caller has the loop in hand: a pass may wake it
  const running = Promise.resolve().then(run);

  return {
    wake() {
      woken = true;
      wakeUp?.();
    },
    async stop() {
      stopped = true;
      wakeUp?.();
      await running;
    },
  };
}
