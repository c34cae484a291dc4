import { expect, test } from 'vitest';
import { queueView, type QueueView } from '../../src/worker/queue-view.ts';

const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000001Z`;
const row = (second: number, runtime = 'shell') => ({ runtime, id: String(second), run_after: at(second) });
const place = (second: number) => ({ id: String(second), run_after: at(second) });

/** A claim of up to two of `shell` that brings these. @returns where it went on from */
function claim(view: QueueView, now: number, seconds: readonly number[], tookMs = 1) {
  const from = view.places(now).get('shell');
  view.note(
    [{ runtimes: ['shell'], limit: 2 }],
    seconds.map((second) => row(second)),
    tookMs,
  );
  return from;
}

test('a full claim leaves a place to go on from; one that found less looks from the front again', () => {
  const view = queueView();
  claim(view, 0, [1, 2]);
  expect(view.isDrained('shell')).toBe(false);
  expect(claim(view, 10, [3])).toEqual(place(2));
  expect(view.isDrained('shell')).toBe(true);
  expect(claim(view, 20, [])).toBeUndefined();
});

test('once a second a claim looks from the front, for what came in behind', () => {
  const view = queueView();
  claim(view, 5_000, [1, 2]);
  expect(claim(view, 5_999, [3, 4])).toEqual(place(2));
  expect(claim(view, 6_000, [5, 6])).toBeUndefined();
  expect(claim(view, 6_001, [7, 8])).toEqual(place(6));
});

test('a worker without room does not know whether somebody waits, and has not looked', () => {
  const view = queueView();
  view.places(0);
  view.note([{ runtimes: ['shell', 'python'], limit: 3 }], [], 100);
  expect(view.isDrained('python')).toBe(true);
  view.places(5_000);
  view.note([{ runtimes: ['shell', 'python'], limit: 0 }], [], 0);
  expect([view.isDrained('shell'), view.isDrained('python')]).toEqual([false, false]);
  expect(view.left(5_000)).toEqual([]);
  expect(claim(view, 5_001, [1, 2], 100)).toBeUndefined(); // so this one does
  expect(view.left(5_001)).toEqual([{ runtime: 'shell', ...place(2), look_in_ms: 5_000 }]);
});

test('where a look from the front takes long, looks are farther apart, but never very far', () => {
  const view = queueView();
  expect(claim(view, 10_000, [1, 2], 100)).toBeUndefined();
  expect(claim(view, 14_999, [3, 4], 1_000)).toEqual(place(2));
  expect(claim(view, 15_000, [5, 6], 2_000)).toBeUndefined();
  expect(claim(view, 29_999, [7, 8])).toEqual(place(6));
  expect(claim(view, 30_000, [9, 10])).toBeUndefined();
  expect(claim(view, 31_000, [11, 12])).toBeUndefined();
});

test('where a look from the front takes long, a claim that found less is followed by one from shortly before its place', () => {
  const view = queueView();
  claim(view, 0, [20, 21], 400);
  expect(claim(view, 100, [22])).toEqual(place(21));
  const before = { id: '0', run_after: '2026-01-01T00:00:17.000Z' };
  expect(claim(view, 200, [])).toEqual(before);
  expect(claim(view, 300, [19])).toEqual(before); // committed late: the place does not go back
  expect(claim(view, 400, [23, 24])).toEqual(before);
  expect(claim(view, 500, [25])).toEqual(place(24));
  expect(claim(view, 15_000, [1], 1)).toBeUndefined(); // handed back
  expect(claim(view, 15_001, [])).toBeUndefined(); // the look took no time: there is nothing to walk over any more
});

test('where the clock is set back, the next look from the front finds the new place', () => {
  const view = queueView();
  claim(view, 0, [50], 400);
  claim(view, 15_000, [20], 400);
  expect(claim(view, 15_100, [])).toEqual({ id: '0', run_after: '2026-01-01T00:00:15.000Z' });
});

test('where what was noted did not come to pass, the next claim looks from the front, also when a look is under way', () => {
  const view = queueView();
  claim(view, 0, [1, 2]);
  view.forget();
  view.places(1);
  view.forget();
  view.note([{ runtimes: ['shell'], limit: 2 }], [row(3), row(4)], 1);
  expect(claim(view, 2, [1, 2])).toBeUndefined();
  expect(claim(view, 3, [5])).toEqual(place(2));
});

test('of runtimes that share a limit, one that a full look from the front did not come to is looked for from the front', () => {
  const view = queueView();
  const asked = [{ runtimes: ['shell', 'python'], limit: 2 }];
  view.places(0);
  view.note(asked, [row(1, 'shell'), row(2, 'python')], 100);
  expect([...view.places(1).keys()]).toEqual(['shell', 'python']);
  view.places(5_000);
  view.note(asked, [row(3, 'shell'), row(4, 'shell')], 100);
  expect([...view.places(5_001).keys()]).toEqual(['shell']);
});

test('the next life of a worker goes on where the last one was, and looks from the front when that would have', () => {
  const first = queueView();
  claim(first, 0, [1, 2], 100);
  const left = first.left(2_000);
  expect(left).toEqual([{ runtime: 'shell', ...place(2), look_in_ms: 3_000 }]);
  expect(first.left(5_000)).toEqual([]);

  const next = queueView({ left: [{ runtime: 'shell', ...place(20), look_in_ms: 3_000 }], now: 70 });
  expect(claim(next, 3_069, [21, 22])).toEqual({ id: '0', run_after: '2026-01-01T00:00:15.000Z' });
  expect(claim(next, 3_070, [23, 24])).toBeUndefined();
});

test('a worker leaves nothing where the front is found at once', () => {
  const view = queueView();
  claim(view, 0, [1, 2], 49);
  expect(view.left(1)).toEqual([]);
});
