import { pino } from 'pino';
import { expect, test } from 'vitest';
import { until } from '../../../testing/until.ts';
import { startLoop } from '../src/loop.ts';

const log = pino({ level: 'silent' });
const never = 3_600_000;

test('a wake during a pass leads to one more pass, and passes never overlap', async () => {
  let running = 0;
  let most = 0;
  let passes = 0;
  const loop = startLoop({
    name: 'test',
    log,
    pollMs: never,
    async pass() {
      running += 1;
      most = Math.max(most, running);
      passes += 1;
      if (passes === 1) for (let n = 0; n < 5; n += 1) loop.wake();
      await Promise.resolve();
      running -= 1;
      return undefined;
    },
  });
  await until('the second pass has run', () => passes === 2);
  loop.wake();
  await until('the third pass has run', () => passes === 3);
  await loop.stop();
  expect({ passes, most }).toEqual({ passes: 3, most: 1 });
});

test('a pass that is due soon does not wait for the poll', async () => {
  let passes = 0;
  const loop = startLoop({
    name: 'test',
    log,
    pollMs: never,
    pass: () => Promise.resolve((passes += 1) < 3 ? 1 : undefined),
  });
  await until('all due passes have run', () => passes === 3);
  await loop.stop();
});

test('a pass that fails is tried again', async () => {
  let passes = 0;
  const loop = startLoop({
    name: 'test',
    log,
    pollMs: never,
    pass() {
      passes += 1;
      return passes === 1 ? Promise.reject(new Error('once')) : Promise.resolve(undefined);
    },
  });
  await until('it was tried again', () => passes === 2);
  await loop.stop();
});

test('stop waits for the running pass', async () => {
  let finish: (() => void) | undefined;
  let ended = false;
  const loop = startLoop({
    name: 'test',
    log,
    pollMs: never,
    pass: () =>
      new Promise((resolve) => {
        finish = () => {
          ended = true;
          resolve(undefined);
        };
      }),
  });
  await until('the pass runs', () => finish !== undefined);
  const stopped = loop.stop();
  finish?.();
  await stopped;
  expect(ended).toBe(true);
});
