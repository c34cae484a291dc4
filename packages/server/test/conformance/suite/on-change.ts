import { openDoorbell } from '@attune/db';

/** Longest time a lost doorbell can delay a look, in milliseconds. */
const pollMs = 1_000;

export interface Looking extends AsyncDisposable {
  /** Looks now, or once more right after the look that goes on. */
  wake(): void;
}

/** Looks whenever something has changed in the database, never twice at a time. A look that fails is followed by the next one. */
export function onChange(url: string, look: () => Promise<void>): Looking {
  let looking: Promise<void> | undefined;
  let isDue = false;
  const lookAll = async (): Promise<void> => {
    while (isDue) {
      isDue = false;
      await look().catch(() => undefined);
    }
  };
  const wake = (): void => {
    isDue = true;
    looking ??= lookAll().finally(() => (looking = undefined));
  };
  const bell = openDoorbell(url, () => undefined);
  const off = bell.on('change', wake);
  const timer = setInterval(wake, pollMs);
  return {
    wake,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      off();
      await looking;
      await bell.close();
    },
  };
}
