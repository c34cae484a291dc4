import { describe, expect, test } from 'vitest';
import { taskOf, workflowOf } from '../../../test/workflow/arrows.ts';
import { Play, play } from '../../../test/workflow/play.ts';
import { mostReleased } from './items-run.ts';
import { replayRun } from './replay.ts';

const targets = (run: Play) => run.decisions.flatMap((decision) => decision.targets);

describe('items', () => {
  test('each is an execution with its own input, and the result is the list of theirs, in order', () => {
    const run = play('fixtures/items.yaml');
    expect(run.first).toEqual(['patch.0', 'patch.1', 'patch.2']);
    expect(run.starts.map((start) => start.input)).toEqual([
      { host: 'a', slot: 1, region: 'north' },
      { host: 'b', slot: 2, region: 'north' },
      { host: 'c', slot: 3, region: 'north' },
    ]);
    expect(run.starts.map((start) => start.item)).toEqual([0, 1, 2].map((index) => ({ index, count: 3 })));
    expect(run.tasks.current_tasks).toEqual(['patch']);
    expect(run.finishItem('patch', 2, 'succeeded', { data: { n: 2 } })).toEqual([]);
    expect(run.finishItem('patch', 0, 'succeeded', { data: { n: 0 } })).toEqual([]);
    expect(run.finishItem('patch', 1, 'succeeded', { data: { n: 1 } })).toEqual(['report']);
    const results = [0, 1, 2].map((n) => ({ n, data: { n } }));
    expect(run.variables['patched']).toEqual(results);
    expect(run.start('report').input).toEqual({ all: results });
    run.finish('report');
    expect(run.outcome).toEqual({ status: 'completed', result: { count: 3, succeeded: true } });
    expect(run.tasks.completed_tasks).toEqual(['patch', 'report']);
  });

  test('the decision says how many there are, and which were released', () => {
    const run = play('fixtures/items-two-at-a-time.yaml');
    expect(run.decisions[0]?.targets).toEqual([{ task: 'patch', fate: 'started', position: {}, visit: 1, items: 6 }]);
    expect(run.decisions[0]?.released).toEqual([{ task: 'patch', visit: 1, from: 0, to: 2 }]);
    run.finishItem('patch', 1);
    expect(run.decisions[1]).toEqual({
      finished: { task: 'patch', visit: 1, item: 1, attempt: 1, outcome: 'succeeded' },
      transitions: [],
      targets: [],
      released: [{ task: 'patch', visit: 1, from: 2, to: 3 }],
    });
  });

  test('concurrency limits how many are under way at a time', () => {
    const run = play('fixtures/items-two-at-a-time.yaml');
    expect(run.first).toEqual(['patch.0', 'patch.1']);
    expect(run.finishItem('patch', 1)).toEqual(['patch.2']);
    expect(run.finishItem('patch', 2)).toEqual(['patch.3']);
    expect(run.starts.map((start) => start.input['n'])).toEqual([0, 10, 20, 30]);
    expect(run.finishItem('patch', 0)).toEqual(['patch.4']);
    expect(run.finishItem('patch', 4)).toEqual(['patch.5']);
    expect(run.finishItem('patch', 5)).toEqual([]);
    expect(run.finishItem('patch', 3)).toEqual(['after']);
  });

  test.each([
    [1, 1],
    [null, 6],
    [100, 6],
    [3, 3],
  ])('a concurrency of %s releases %i of six at once', (limit, most) => {
    const { definition } = play('fixtures/items-two-at-a-time.yaml').graph;
    expect(new Play(definition, { parameters: { limit } }).first).toHaveLength(most);
  });

  test.each([
    [0, 'the number 0'],
    [1.5, 'the number 1.5'],
    ['many', 'the text "many"'],
    [[2], 'a list'],
  ])('a concurrency of %s fails the task before any item starts', (limit, got) => {
    const run = new Play(play('fixtures/items-two-at-a-time.yaml').graph.definition, { parameters: { limit } });
    expect(run.first).toEqual(['patch']);
    expect(run.start('patch')).toMatchObject({
      item: null,
      max_retries: 0,
      error: { message: `task 'patch', concurrency: it must be null or an integer of 1 or more, not ${got}` },
    });
    expect(run.lists).toEqual([]);
    expect(run.tell({ task: 'patch', visit: 1, attempt: 1, outcome: 'failed', result: {}, started: false })).toEqual([
      'rescue',
    ]);
  });

  test('without a limit a thousand are under way at a time, however long the list', () => {
    const definition = workflowOf([taskOf('all', { with_items: '{{ range(5000) }}', input: { n: '{{ item }}' } })]);
    const run = new Play(definition);
    expect(mostReleased).toBe(1_000);
    expect(run.first).toHaveLength(1_000);
    expect(run.finishItem('all', 500)).toEqual(['all.1000']);
    expect(run.start('all').input).toEqual({ n: 1000 });
  });

  test('batch_size makes items of several elements, the last one perhaps of fewer', () => {
    const run = play('fixtures/items-in-batches.yaml');
    expect(run.first).toEqual(['load.0', 'load.1']);
    expect(run.finishItem('load', 0, 'succeeded', { n: 0 })).toEqual(['load.2']);
    expect(run.starts.map((start) => start.input)).toEqual([
      { rows: [0, 1, 2], chunk: 0 },
      { rows: [3, 4, 5], chunk: 1 },
      { rows: [6], chunk: 2 },
    ]);
    expect(run.start('load').item).toEqual({ index: 2, count: 3 });
    run.finishItem('load', 2, 'succeeded', { n: 2 });
    run.finishItem('load', 1, 'succeeded', { n: 1 });
    expect(run.outcome?.result).toEqual({ loaded: [{ n: 0 }, { n: 1 }, { n: 2 }], succeeded: true });
  });

  test('an empty list succeeds at once, with an empty list for a result', () => {
    const run = play('fixtures/items-none.yaml');
    expect(run.first).toEqual(['third']);
    expect(run.start('third').input).toEqual({ first: [], second: [] });
    expect(targets(run).map(({ task, fate, items }) => ({ task, fate, items }))).toEqual([
      { task: 'first', fate: 'started', items: 0 },
      { task: 'second', fate: 'started', items: 0 },
      { task: 'third', fate: 'started', items: undefined },
    ]);
    expect(run.lists).toEqual([]);
    run.finish('third');
    expect(run.outcome?.result).toEqual({ seen: [], succeeded: true });
  });

  test('what is no list becomes the only item, with a warning in the decision', () => {
    const run = play('fixtures/items.yaml');
    const odd = new Play(run.graph.definition, { parameters: { hosts: 'alone' } });
    expect(odd.first).toEqual(['patch.0']);
    expect(odd.start('patch').input).toMatchObject({ host: 'alone', slot: 1 });
    expect(targets(odd)[0]).toMatchObject({
      items: 1,
      warning: `task 'patch', with_items: it gave the text "alone", no list, which makes one item`,
    });
    expect(odd.finish('patch', 'succeeded', { n: 1 })).toEqual(['report']);
    expect(odd.variables['patched']).toEqual([{ n: 1 }]);
    expect(targets(run)[0]).not.toHaveProperty('warning');
  });
});

test.each([
  [0, 1_000_000],
  [1, 1_000_001],
])('%i errors with a list of %i elements', (errors, elements) => {
  const definition = workflowOf([taskOf('all', { with_items: '{{ parameters.list }}', batch_size: 100_000 })]);
  const run = new Play(definition, { parameters: { list: new Array<number>(elements).fill(0) } });
  expect(run.starts.filter((start) => start.error !== null)).toHaveLength(errors);
  if (errors === 0) expect(run.start('all').item).toEqual({ index: 9, count: 10 });
  else {
    expect(run.start('all').error?.message).toBe(
      "task 'all', with_items: the list has 1000001 elements, at most 1000000 are possible; use several tasks",
    );
  }
});

describe('an item that fails', () => {
  test('lets those that run finish, starts no other, and fails the task: the good results are kept', () => {
    const run = play('fixtures/items-two-at-a-time.yaml');
    expect(run.finishItem('patch', 0, 'failed', { error: 'no' })).toEqual([]);
    expect(run.finishItem('patch', 1)).toEqual(['rescue']);
    expect(run.starts).toHaveLength(3);
    run.finish('rescue');
    expect(run.outcome?.status).toBe('completed');
  });

  test('stands as null in the list, as do those that never started', () => {
    const run = play('fixtures/items.yaml');
    run.finishItem('patch', 0, 'failed', { error: 'no' });
    run.finishItem('patch', 2, 'succeeded', { n: 2 });
    expect(run.finishItem('patch', 1, 'succeeded', { n: 1 })).toEqual(['repair']);
    expect(run.variables['patched']).toEqual([null, { n: 1 }, { n: 2 }]);
    expect(run.start('repair').input).toEqual({ first: null });

    const last = play('fixtures/items.yaml');
    last.finishItem('patch', 0, 'succeeded', { n: 0 });
    last.finishItem('patch', 2, 'succeeded', { n: 2 });
    last.finishItem('patch', 1, 'failed', { error: 'no' });
    expect(last.variables['patched']).toEqual([{ n: 0 }, null, { n: 2 }]);
  });

  test.each([
    [['timed_out', 'succeeded', 'timed_out'], 'noop'],
    [['timed_out', 'failed', 'succeeded'], 'repair'],
    [['abandoned', 'succeeded', 'succeeded'], 'repair'],
    [['succeeded', 'timed_out', 'abandoned'], 'repair'],
  ] as const)('the task of items that ended %j leads to %s', (outcomes, target) => {
    const run = play('fixtures/items.yaml');
    for (const [item, outcome] of outcomes.entries()) run.finishItem('patch', item, outcome);
    const last = run.decisions.at(-1);
    expect(last?.targets.map((one) => one.task)).toEqual([target]);
  });

  test('unhandled fails the run', () => {
    const definition = workflowOf([taskOf('all', { with_items: '{{ range(2) }}', next: [] })]);
    const run = new Play(definition);
    run.finish('all', 'failed');
    run.finish('all');
    expect(run.outcome?.result['error']).toBe('Workflow failed: 1 task(s) failed: all');
  });

  test('for its input has not started, is not retried, and starts none behind it', () => {
    const run = play('fixtures/items-cannot-start.yaml');
    expect(run.first).toEqual(['divide.0', 'divide.1', 'divide.2']);
    expect(run.start('divide')).toMatchObject({
      max_retries: 0,
      item: { index: 2, count: 4 },
      error: { kind: 'division_by_zero', pointer: '/part' },
    });
    expect(run.start('divide').error?.message).toContain("task 'divide', input/part: ");
    const fails = { task: 'divide', visit: 1, item: 2, attempt: 1, outcome: 'failed' } as const;
    expect(run.tell({ ...fails, result: {}, started: false })).toEqual([]);
    expect(run.finishItem('divide', 0)).toEqual([]);
    expect(run.finishItem('divide', 1, 'succeeded', { n: 6 })).toEqual(['mend']);
    expect(run.variables['why']).toEqual([{}, { n: 6 }, null, null]);
  });

  test('one that cannot start holds back those that could be released meanwhile', () => {
    const run = play('fixtures/items-cannot-start.yaml', { of: [1, 0, 2, 3], limit: 2 });
    expect(run.first).toEqual(['divide.0', 'divide.1']);
    expect(run.finishItem('divide', 0)).toEqual([]);
  });

  test('with_items that cannot be rendered fails the task, once', () => {
    const definition = workflowOf([
      taskOf('all', {
        with_items: '{{ parameters.hosts }}',
        next: [{ when: 'failed()', publish: [{ why: '{{ result().error }}' }], do: ['noop'] }],
      }),
    ]);
    const run = new Play(definition);
    expect(run.first).toEqual(['all']);
    expect(run.start('all').error?.message).toContain("task 'all', with_items: ");
    run.tell({ task: 'all', visit: 1, attempt: 1, outcome: 'failed', result: { error: 'x' }, started: false });
    expect(run.variables).toEqual({ why: 'x' });
    expect(run.outcome?.status).toBe('completed');
  });
});

describe('retries of items', () => {
  test('each item has its own, and keeps its place among those under way meanwhile', () => {
    const run = play('fixtures/items-retry.yaml');
    expect(run.first).toEqual(['call.0', 'call.1']);
    expect(run.start('call')).toMatchObject({ delay_seconds: 4, timeout_seconds: 30, max_retries: 2 });
    run.finishItem('call', 0, 'failed', { code: 500 });
    expect(run.retries).toEqual([{ task: 'call', visit: 1, item: 0, attempt: 1, retry_count: 1, delay_seconds: 10 }]);
    expect(run.awaits('call', 1, 0)).toBe(true);
    expect(run.awaits('call', 1, 1)).toBe(false);
    expect(run.finishItem('call', 1)).toEqual(['call.2']);
    run.again('call', 1, 0);
    expect(run.living('call')).toEqual([
      { visit: 1, item: 0, attempt: 2 },
      { visit: 1, item: 2, attempt: 1 },
    ]);
    run.finishItem('call', 0, 'timed_out', { code: 501 });
    expect(run.retries.at(-1)).toMatchObject({ item: 0, attempt: 2, retry_count: 2, delay_seconds: 20 });
    run.again('call', 1, 0);
    run.finishItem('call', 2);
    run.finishItem('call', 0);
    expect(run.outcome?.status).toBe('completed');
  });

  test('spent retries fail the task, and on_error is asked about the failed attempt', () => {
    const run = play('fixtures/items-retry.yaml');
    run.finishItem('call', 1, 'failed', { code: 404 });
    expect(run.retries).toEqual([]);
    expect(run.finishItem('call', 0)).toEqual(['mend']);
  });

  test('that wait are given up once another item has failed for good', () => {
    const run = play('fixtures/items-retry.yaml');
    run.finishItem('call', 0, 'failed', { code: 500 });
    expect(run.finishItem('call', 1, 'failed', { code: 404 })).toEqual(['mend']);
    expect(run.awaits('call', 1, 0)).toBe(false);
    run.finish('mend');
    expect(run.outcome?.status).toBe('completed');
  });

  test('a failure while the task stops is not retried', () => {
    const run = play('fixtures/items-retry.yaml');
    run.finishItem('call', 1, 'timed_out', { code: 404 });
    expect(run.finishItem('call', 0, 'failed', { code: 500 })).toEqual(['mend']);
    expect(run.retries).toEqual([]);
  });

  test('an error in on_error makes the workflow fail', () => {
    const run = play('fixtures/items-retry.yaml');
    run.finishItem('call', 0, 'failed', {});
    expect(run.outcome).toBeNull();
    run.finishItem('call', 1);
    expect(run.outcome?.result['error']).toContain("task 'call', retry.on_error: ");
  });

  test('a restart after a lost worker keeps them', () => {
    const run = play('fixtures/items-retry.yaml');
    run.again('call', 1, 1);
    expect(run.living('call')[1]).toEqual({ visit: 1, item: 1, attempt: 2 });
    run.finishItem('call', 1, 'failed', { code: 500 });
    expect(run.retries.at(-1)).toMatchObject({ item: 1, attempt: 2, retry_count: 1 });
  });
});

describe('items in a run', () => {
  test('the end of an attempt that is not waited for changes nothing', () => {
    const run = play('fixtures/items-two-at-a-time.yaml');
    const end = { task: 'patch', visit: 1, item: 0, attempt: 1, outcome: 'succeeded', result: {} } as const;
    run.tell(end);
    const { state } = run;
    for (const stale of [end, { ...end, item: 5 }, { ...end, item: 1, attempt: 2 }, { ...end, item: null }]) {
      expect(run.tell(stale)).toEqual([]);
      expect(run.state).toEqual(state);
      expect(run.decisions.at(-1)?.ignored).toMatch(/^the run does not wait for attempt/);
    }
  });

  test('a cancelled item ends its task as cancelled: those that run finish, and it leads nowhere', () => {
    const run = play('fixtures/items-two-at-a-time.yaml');
    expect(run.finishItem('patch', 0, 'cancelled')).toEqual([]);
    expect(run.finishItem('patch', 1)).toEqual([]);
    expect(run.outcome?.status).toBe('cancelled');
  });

  test('once the workflow fails none is released and none is retried', () => {
    const run = play('fixtures/items-beside-failure.yaml');
    expect(run.first).toEqual(['many.0', 'many.1', 'stop']);
    run.finishItem('many', 0, 'failed');
    expect(run.awaits('many', 1, 0)).toBe(true);
    run.finish('stop');
    expect(run.awaits('many', 1, 0)).toBe(false);
    expect(run.outcome).toBeNull();
    expect(run.finishItem('many', 1)).toEqual([]);
    expect(run.outcome?.result['error']).toBe("Workflow failed: task 'stop' led to fail");
    expect(run.tasks.failed_tasks).toEqual(['many']);
  });

  test('a workflow that fails while all its items wait for retries ends at once', () => {
    const run = play('fixtures/items-beside-failure.yaml');
    run.finishItem('many', 0, 'failed');
    run.finishItem('many', 1, 'failed');
    run.finish('stop');
    expect(run.outcome?.status).toBe('failed');
  });

  test('in a loop each iteration has its own list, and what started it is seen by all its items', () => {
    const run = play('fixtures/items-in-a-loop.yaml');
    expect(run.finish('list', 'succeeded', { jobs: ['a', 'b'] })).toEqual(['work.0']);
    expect(run.finish('work', 'succeeded', { did: 'a' })).toEqual(['work.1']);
    expect(run.start('work')).toMatchObject({ visit: 1, input: { job: 'b', of: 2, first: 'a' } });
    expect(run.finish('work', 'succeeded', { did: 'b' })).toEqual(['list']);
    expect(run.finish('list', 'succeeded', { jobs: ['c'] })).toEqual(['work.0']);
    expect(run.start('work')).toMatchObject({ visit: 2, input: { job: 'c', of: 1, first: 'c' } });
    expect(run.finish('work', 'succeeded', { did: 'c' })).toEqual(['list']);
    expect(run.finish('list', 'succeeded', { jobs: [] })).toEqual(['close']);
    expect(run.start('close').input).toEqual({ last: [{ did: 'c' }] });
    run.finish('close');
    expect(run.outcome?.result).toEqual({ rounds: 2, succeeded: true });
  });

  test('a task whose when is false is skipped without looking at its items', () => {
    const definition = workflowOf([taskOf('all', { when: 'false', with_items: '{{ nothing }}' })]);
    const run = new Play(definition);
    expect(run.skipped).toHaveLength(1);
    expect(run.outcome?.status).toBe('completed');
  });
});

test('the state of a run with items is small, whatever they are and however they end', () => {
  const definition = workflowOf([
    taskOf('all', {
      with_items: '{{ range(3000) }}',
      concurrency: 50,
      retry: { count: 1, delay: 1, backoff: 'constant', max_delay: null, on_error: null },
      input: { n: '{{ item }}' },
    }),
  ]);
  const run = new Play(definition);
  const sizes: number[] = [];
  // every 7th item fails once, and they end in an order of their own
  for (let step = 0; run.outcome === null; step += 1) {
    const living = run.everyLiving();
    const next = living[(step * 31) % living.length];
    if (next === undefined) throw new Error('Nothing lives');
    const fails = next.attempt === 1 && (next.item ?? 0) % 7 === 0;
    run.tell({ ...next, outcome: fails ? 'failed' : 'succeeded', result: {} });
    if (fails) run.again('all', 1, next.item);
    sizes.push(JSON.stringify(run.state).length);
  }
  expect(run.starts).toHaveLength(3_000);
  expect(Math.max(...sizes)).toBeLessThan(2_500);
});

test('a run with items is decided again from its record, with the lists that were kept', () => {
  const run = play('fixtures/items-in-a-loop.yaml');
  run.finish('list', 'succeeded', { jobs: ['a', 'b'] });
  run.finish('work', 'succeeded', { did: 'a' });
  run.finish('work', 'succeeded', { did: 'b' });
  run.finish('list', 'succeeded', { jobs: ['c'] });
  const replayed = replayRun(run.graph, run.facts, run.events, run.lists);
  expect(replayed).toMatchObject({ state: run.state, variables: run.variables });
  expect(JSON.parse(JSON.stringify(replayed.decisions))).toEqual(run.decisions);

  const others = run.lists.map((list) => ({ ...list, elements: list.elements.map(() => 'x') }));
  expect(replayRun(run.graph, run.facts, run.events, others).state).toEqual(replayed.state);
});
