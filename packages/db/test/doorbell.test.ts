import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import { until } from '../../../testing/until.ts';
import { openDoorbell, type Doorbell, type Topic } from '../src/doorbell.ts';

const warnings: Error[] = [];
const warned = (warning: Error) => void warnings.push(warning);
beforeAll(() => void process.on('warning', warned));
afterAll(() => void process.off('warning', warned));

/** A doorbell of its own, as another process has one. */
function bellOf(url: string): Doorbell & AsyncDisposable {
  const bell = openDoorbell(url, () => undefined);
  return Object.assign(bell, { [Symbol.asyncDispose]: () => bell.close() });
}

/** Listens, and counts how often it looks: once when it listens, since rings may have been missed until then, and at each ring. */
async function listening(bell: Doorbell, topic: Topic): Promise<{ looks: number }> {
  const count = { looks: 0 };
  bell.on(topic, () => (count.looks += 1));
  await until(`it listens to ${topic}`, () => count.looks === 1);
  return count;
}

test('a ring wakes only those that listen to what it says', async () => {
  await using fresh = await freshDatabase();
  await using ringing = bellOf(fresh.url);
  await using worker = bellOf(fresh.url);
  await using executor = bellOf(fresh.url);
  const builtins = await listening(worker, 'builtin');
  const executions = await listening(executor, 'execution');
  ringing.ring('execution');
  await until('whoever listens to it hears it', () => executions.looks === 2);
  ringing.ring('builtin');
  await until('the other hears its own', () => builtins.looks === 2);
  // notifications keep their order: that of `execution` would have come first
  expect(worker.counts().heard).toBe(1);
});

test('rings for several are one statement', async () => {
  await using fresh = await freshDatabase();
  await using ringing = bellOf(fresh.url);
  await using other = bellOf(fresh.url);
  const executions = await listening(other, 'execution');
  const events = await listening(other, 'event');
  ringing.ring('execution', 'event');
  await until('both are heard', () => executions.looks === 2 && events.looks === 2);
  expect(ringing.counts().notifies).toBe(1);
});

test('what is listened to later is looked at once, and then heard', async () => {
  await using fresh = await freshDatabase();
  await using ringing = bellOf(fresh.url);
  await using late = bellOf(fresh.url);
  await listening(late, 'event');
  const cancels = await listening(late, 'cancel');
  ringing.ring('cancel');
  await until('it hears', () => cancels.looks === 2);
});

test('topics that come at once are listened to at once, and the library does not object', async () => {
  await using fresh = await freshDatabase();
  await using bell = bellOf(fresh.url);
  await listening(bell, 'change');
  await Promise.all((['execution', 'event', 'cancel'] as const).map((topic) => listening(bell, topic)));
  expect(warnings).toEqual([]);
});
