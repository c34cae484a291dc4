import type { ExecutionExplanation, TaskExplanation, TaskRunExplanation } from '@attune/client';
import { expect, test } from 'vitest';
import { formatExplanation } from './explanation.ts';
import { plain } from './paint.ts';
import { rerunLines } from './rerun.ts';

const base: ExecutionExplanation = {
  ...{ execution: '7', action_ref: 'test.flow', status: 'running', revision: null, pack_revision: null, error: null },
  origin: { kind: 'request', executor: '1' },
  standing: { reason: 'waiting_for_children', message: 'It waits for execution 8' },
  attempts: [],
  workflow: null,
};

const ended = { reason: 'ended', message: 'It has ended: completed' } as const;

const run: TaskRunExplanation = {
  ...{ visit: 1, position: {}, because: [], when: null, outcome: 'succeeded', items: null },
  ...{ transitions: [], led_to: [], retries: [], attempts: [], attempts_total: 0 },
};

const task = (name: string, more: Partial<TaskExplanation> = {}): TaskExplanation => ({
  ...{ task: name, action_ref: 'test.do', state: 'ended', message: 'It ran', is_entry: false },
  ...{ led_to_by: [], joins: [], refusals: [], runs: [], runs_total: 0 },
  ...more,
});

const workflow = (tasks: TaskExplanation[], message: string | null = null): ExecutionExplanation => ({
  ...base,
  workflow: {
    ...{ workflow_execution: '1', variables: {}, failures: [], tasks },
    replay: { agrees: message === null, step: message === null ? null : 3, message },
  },
});

test('an execution says in one sentence why it is where it is, and what it came from', () => {
  const standing = { reason: 'delayed_until', message: 'It is not due before noon', until: 'noon' } as const;
  expect(formatExplanation({ ...base, status: 'scheduled', standing }, plain).split('\n')).toEqual([
    '· Execution 7  test.flow  scheduled',
    '  It is not due before noon',
    '  It was requested by identity 1',
  ]);
  const origin = { kind: 'task', parent: '3', task: 'build', visit: 1, item: 2 } as const;
  expect(formatExplanation({ ...base, origin }, plain)).toContain('attune execution explain 3 --task build');
});

test('a task shows why it ran, its transitions with the values that decided, and what came of them', () => {
  const proof = {
    op: '>',
    text: 'result().size > 100',
    operands: [
      { op: 'read', text: 'result().size', path: ['result()', 'size'], result: 120 },
      { op: 'literal', text: '100', result: 100 },
    ],
    result: true,
  };
  const build: TaskRunExplanation = {
    ...run,
    because: [{ task: 'fetch', visit: 2, transitions: [0, 1] }],
    transitions: [
      {
        ...{ index: 0, fired: true, published: { big: 120 }, do: ['shrink'], error: null },
        when: { condition: 'result().size > 100', value: true, proof, error: null },
      },
    ],
    led_to: [{ task: 'shrink', fate: 'started', visit: 1, reason: null }],
    attempts: [
      {
        ...{ execution: '9', item: null, attempt: 1, status: 'completed', error: null, standing: ended },
        ...{ started_at: null, completed_at: null, reused_from: '4', not_reused: null },
      },
    ],
    attempts_total: 1,
  };
  const waiting = task('merge', { state: 'waiting_for_join', message: '1 of 2: came a; missing b' });
  const text = formatExplanation(workflow([task('build', { runs: [build], runs_total: 1 }), waiting]), plain);
  expect(text.split('\n').slice(4)).toEqual([
    '✓ build  test.do',
    '    because of fetch (visit 2) next[0] next[1]',
    '    ✓ #9  completed  taken over from execution 4',
    '    ✓ next[0]  result().size > 100  is true:  120 > 100',
    '        big = 120',
    '    → shrink',
    '',
    '· merge  test.do  1 of 2: came a; missing b',
  ]);
});

test('where the record cannot be decided again, that stands above all', () => {
  const text = formatExplanation(workflow([], 'From step 3 on nothing is proven'), plain);
  expect(text).toContain('\n  From step 3 on nothing is proven');
});

test('names and messages of others cannot command the terminal', () => {
  const text = formatExplanation(workflow([task('evil\u001b[2J', { state: 'no_path', message: 'a\nb' })]), plain);
  expect(text).toContain('evil\\u001b[2J');
  expect(text).toContain('a\\nb');
});

test('a re-run tells for each task what it took over, and why the rest runs', () => {
  const attempt = (reused_from: string | null, not_reused: 'asked' | 'not_completed' | null) => ({
    ...{ execution: '1', item: null, attempt: 1, status: 'completed' as const, error: null, standing: ended },
    ...{ started_at: null, completed_at: null, reused_from, not_reused },
  });
  const attempts = [attempt('3', null), attempt('4', null), attempt(null, 'not_completed')];
  const lines = rerunLines(
    [
      task('one', { runs: [{ ...run, attempts: [attempt('2', null)] }] }),
      task('each', { runs: [{ ...run, attempts }] }),
      task('last', { runs: [{ ...run, attempts: [attempt(null, 'asked')] }] }),
      task('none'),
    ],
    plain,
  );
  expect(lines).toEqual([
    '= one  taken over from execution 2',
    '= each  2 of 3 taken over',
    '↻ each  1 of 3 run anew (not_completed): What it came to before was a failure that nothing handled, or a cancellation',
    '↻ last  runs anew (asked): The re-run was asked to begin with it',
  ]);
});
