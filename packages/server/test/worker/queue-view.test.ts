import type { ClaimedExecution } from '@attune/engine';
import { expect, test } from 'vitest';
import { queueView } from '../../src/worker/queue-view.ts';

const row = (runtime: string, id: string, run_after: string) => ({ runtime, id, run_after }) as ClaimedExecution;

test('a full claim leaves a place to go on from; one that found less looks from the front again', () => {
  const view = queueView();
  view.places(0);
  view.note([{ runtimes: ['shell'], limit: 2 }], [row('shell', '1', 'a'), row('shell', '2', 'b')], 1);
  expect(view.places(10).get('shell')).toEqual({ run_after: 'b', id: '2' });
  expect(view.isDrained('shell')).toBe(false);
  view.note([{ runtimes: ['shell'], limit: 2 }], [row('shell', '3', 'c')], 1);
  expect(view.places(20).size).toBe(0);
  expect(view.isDrained('shell')).toBe(true);
});

test('once a second a claim looks from the front, for what came in behind', () => {
  const view = queueView();
  view.places(5_000);
  view.note([{ runtimes: ['shell'], limit: 1 }], [row('shell', '1', 'a')], 1);
  expect(view.places(5_999).size).toBe(1);
  expect(view.places(6_000).size).toBe(0);
});

test('a worker without room does not know whether somebody waits', () => {
  const view = queueView();
  view.note([{ runtimes: ['shell', 'python'], limit: 3 }], [], 1);
  expect(view.isDrained('python')).toBe(true);
  view.note([{ runtimes: ['shell', 'python'], limit: 0 }], [], 1);
  expect([view.isDrained('shell'), view.isDrained('python')]).toEqual([false, false]);
});

test('where a look from the front takes long, looks are farther apart, but never very far', () => {
  const view = queueView();
  const claimAt = (now: number, tookMs: number): boolean => {
    const wasAtFront = view.places(now).size === 0;
    view.note([{ runtimes: ['shell'], limit: 1 }], [row('shell', '1', 'a')], tookMs);
    return wasAtFront;
  };
  expect(claimAt(10_000, 200)).toBe(true);
  expect(claimAt(13_999, 1)).toBe(false);
  expect(claimAt(14_000, 2_000)).toBe(true);
  expect(claimAt(28_999, 1)).toBe(false);
  expect(claimAt(29_000, 1)).toBe(true);
  expect(claimAt(30_000, 1)).toBe(true);
});
