import { expect, test } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import { until } from '../../../testing/until.ts';
import { openDoorbell, type Doorbell, type Topic } from '../src/doorbell.ts';

/** A doorbell of its own, as another process has one. */
function bellOf(url: string): Doorbell & AsyncDisposable {
  const bell = openDoorbell(url, () => undefined);
  return Object.assign(bell, { [Symbol.asyncDispose]: () => bell.close() });
}

/** Listens, and counts what it hears; resolves when all that was rung so far has been heard. */
async function counting(bell: Doorbell, ringing: Doorbell, topic: Topic): Promise<{ heard: number }> {
  const count = { heard: 0 };
  bell.on(topic, () => (count.heard += 1));
  let isFenced = false;
  bell.on('change', () => (isFenced = true));
  await until('it hears', () => {
    ringing.ring(topic);
    return bell.counts().heard > 0;
  });
  isFenced = false;
  // notifications keep their order: what was rung before is heard before
  ringing.ring('change');
  await until('it heard all', () => isFenced);
  return count;
}

test('a ring wakes only those that listen to what it says', async () => {
  await using fresh = await freshDatabase();
  await using ringing = bellOf(fresh.url);
  await using worker = bellOf(fresh.url);
  await using executor = bellOf(fresh.url);
  await counting(worker, ringing, 'builtin');
  const executions = await counting(executor, ringing, 'execution');
  let changes = 0;
  worker.on('change', () => (changes += 1));
  const ringChange = async () => {
    const before = changes;
    await until('the worker hears a change', () => {
      ringing.ring('change');
      return changes > before;
    });
  };
  await ringChange();
  const [before, changesBefore, executionsBefore] = [worker.counts().heard, changes, executions.heard];
  ringing.ring('execution');
  await ringChange();
  expect(executions.heard).toBeGreaterThan(executionsBefore);
  expect(worker.counts().heard - before).toBe(changes - changesBefore);
});

test('rings for several are one statement', async () => {
  await using fresh = await freshDatabase();
  await using ringing = bellOf(fresh.url);
  await using other = bellOf(fresh.url);
  const executions = await counting(other, ringing, 'execution');
  const events = await counting(other, ringing, 'event');
  const [executionsBefore, eventsBefore, notifies] = [executions.heard, events.heard, ringing.counts().notifies];
  ringing.ring('execution', 'event');
  await until('both are heard', () => executions.heard > executionsBefore && events.heard > eventsBefore);
  expect(ringing.counts().notifies).toBe(notifies + 1);
});

test('what is listened to later is looked at once, since rings may have been missed, and then heard', async () => {
  await using fresh = await freshDatabase();
  await using ringing = bellOf(fresh.url);
  await using late = bellOf(fresh.url);
  await counting(late, ringing, 'event');
  let heard = 0;
  late.on('cancel', () => (heard += 1));
  await until('it looks', () => heard === 1);
  ringing.ring('cancel');
  await until('it hears', () => heard === 2);
});
