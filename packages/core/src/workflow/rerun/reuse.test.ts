import { expect, test } from 'vitest';
import { drawn } from '../../../test/workflow/arrows.ts';
import { buildGraph } from '../graph/graph.ts';
import { nestedRerun, splitTaskPath, type Rerun } from './rerun.ts';
import { notReusedReasons, whyNotReused, type NotReused, type RecordedTaskRun, type RerunScope } from './reuse.ts';

const graph = buildGraph(drawn(['fetch -> build lint', 'build -> ship', 'lint', 'ship']));

const record: RecordedTaskRun = {
  ...{ execution: '1', status: 'completed', is_handled: false, action_ref: 'a.do', revision: 'r', input_hash: 'h' },
  has_same_secrets: true,
};

const from = (task: string, more: Partial<RerunScope> = {}): RerunScope => ({
  starts: [{ task, position: {}, asked: true }],
  reset_items: false,
  ...more,
});

const why = (
  scope: RerunScope,
  task: string,
  recorded: Partial<RecordedTaskRun> = {},
  item: number | null = null,
): NotReused | null =>
  whyNotReused(
    graph,
    scope,
    { task, position: {}, item, action_ref: 'a.do', revision: 'r', input_hash: 'h' },
    { ...record, ...recorded },
  );

test('what is before or beside the task that was asked for is re-used where everything is the same', () => {
  expect(['fetch', 'lint', 'build', 'ship'].map((task) => why(from('build'), task))).toEqual([
    ...[null, null, 'asked', 'follows'],
  ]);
  expect(why(from('build'), 'lint', { input_hash: 'other' })).toBe('input_differs');
  expect(why(from('build'), 'lint', { has_same_secrets: false })).toBe('input_differs');
  expect(why(from('build'), 'lint', { revision: 'other' })).toBe('action_differs');
  expect(why(from('build'), 'lint', { action_ref: 'a.other' })).toBe('action_differs');
});

test('what did not end well runs again, unless a transition handled it', () => {
  for (const status of ['failed', 'timeout', 'abandoned'] as const) {
    expect([why(from('ship'), 'lint', { status }), why(from('ship'), 'lint', { status, is_handled: true })]).toEqual([
      ...['not_completed', null],
    ]);
  }
  expect(why(from('ship'), 'lint', { status: 'cancelled' })).toBe('not_completed');
  expect(
    whyNotReused(
      graph,
      from('ship'),
      { task: 'lint', position: {}, item: null, action_ref: 'a.do', revision: 'r', input_hash: 'h' },
      undefined,
    ),
  ).toBe('no_recorded_run');
});

test('of the items of the task that was asked for the completed ones are kept, unless they are to be reset', () => {
  expect([why(from('build'), 'build', {}, 3), why(from('build', { reset_items: true }), 'build', {}, 3)]).toEqual([
    ...[null, 'asked'],
  ]);
  expect(why(from('build'), 'build', { status: 'failed', is_handled: true }, 3)).toBe('not_completed');
});

test('a start at every position stands for all runs of the task', () => {
  const scope: RerunScope = { starts: [{ task: 'build', position: null, asked: true }], reset_items: false };
  expect(['fetch', 'build', 'ship'].map((task) => why(scope, task))).toEqual([null, 'asked', 'follows']);
});

test('a path is taken apart by the names there are, the longest first', () => {
  const names = ['outer', 'outer.v2', 'a'];
  const split = (path: string) => splitTaskPath(path, (name) => names.includes(name));
  expect(split('outer')).toEqual({ name: 'outer', rest: null });
  expect(split('outer.v2')).toEqual({ name: 'outer.v2', rest: null });
  expect(split('outer.v2.inner')).toEqual({ name: 'outer.v2', rest: 'inner' });
  expect(split('outer.inner.x')).toEqual({ name: 'outer', rest: 'inner.x' });
  expect(split('other')).toBeUndefined();
});

test('a nested workflow begins where it was asked to, else with what failed in it, else anew', () => {
  const rerun: Rerun = { mode: 'from', from: ['outer', 'inner'], reset_items: true, latest: false, source: null };
  const nested = (reason: NotReused, task = 'outer') => nestedRerun(rerun, reason, task);
  expect(nested('asked')).toMatchObject({ mode: 'from', from: ['inner'], reset_items: true });
  expect(nested('not_completed')).toMatchObject({ mode: 'from', from: ['inner'] });
  expect(nested('not_completed', 'other')).toMatchObject({ mode: 'failed', from: null });
  expect(nestedRerun({ ...rerun, from: ['outer'] }, 'asked', 'outer')).toMatchObject({ mode: 'whole' });
  expect(nested('follows', 'other')).toMatchObject({ mode: 'whole' });
  expect(nested('no_recorded_run', 'other')).toBeNull();
  expect(Object.keys(notReusedReasons)).toHaveLength(6);
});
