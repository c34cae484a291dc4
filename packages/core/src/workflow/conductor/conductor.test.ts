import { expect, test } from 'vitest';
import { play } from '../../../test/workflow/play.ts';

test('one task after another, each reading what the one before published', () => {
  const run = play('fixtures/sequence.yaml');
  expect(run.first).toEqual(['ask']);
  expect(run.finish('ask', 'succeeded', { name: 'Ada' })).toEqual(['greet']);
  expect(run.start('greet').input).toEqual({ text: 'hello Ada' });
  expect(run.start('greet').triggered_by).toBe('ask');
  expect(run.finish('greet', 'succeeded', { text: 'hello Ada' })).toEqual([]);
  expect(run.outcome).toEqual({ status: 'completed', result: { said: 'hello Ada', succeeded: true } });
});

test('one task starts several, each target once', () => {
  const run = play('fixtures/fan-out.yaml');
  expect(run.finish('split')).toEqual(['left', 'middle', 'right']);
  expect(run.tasks.current_tasks).toEqual(['left', 'middle', 'right']);
  for (const task of ['left', 'right', 'middle']) run.finish(task);
  expect(run.outcome).toEqual({ status: 'completed', result: { succeeded: true } });
  expect(run.tasks.completed_tasks).toEqual(['split', 'left', 'middle', 'right']);
});

test('a join starts once, after all branches', () => {
  const run = play('fixtures/join-all.yaml');
  expect(run.finish('left')).toEqual([]);
  expect(run.outcome).toBeNull();
  expect(run.finish('right')).toEqual(['merge']);
});

test('a join of two starts on the second arrival and drops the third', () => {
  const run = play('fixtures/join-two-of-three.yaml');
  expect(run.finish('c')).toEqual([]);
  expect(run.finish('a')).toEqual(['quorum']);
  expect(run.finish('b')).toEqual([]);
  expect(run.decisions.at(-1)?.targets).toEqual([
    {
      task: 'quorum',
      by: { task: 'b', visit: 1 },
      fate: 'dropped',
      position: {},
      reason: 'it has started at this position before',
    },
  ]);
  run.finish('quorum');
  expect(run.outcome?.status).toBe('completed');
});

test('a join that can no longer be met fails the run at its end, naming what is missing', () => {
  const run = play('fixtures/join-unmet.yaml');
  expect(run.first).toEqual(['check', 'other']);
  expect(run.finish('other')).toEqual(['slow']);
  expect(run.finish('check', 'succeeded', { code: 1 })).toEqual(['repair']);
  run.finish('repair');
  expect(run.outcome).toBeNull();
  run.finish('slow');
  expect(run.outcome).toEqual({
    status: 'failed',
    result: {
      error:
        "Workflow failed: the join 'merge' was reached by other but needs 2 of its predecessors; check did not lead to it",
      succeeded: false,
    },
  });
});

test('a join that nobody reached is no fault', () => {
  const run = play('fixtures/join-all.yaml');
  run.finish('left', 'cancelled');
  expect(run.finish('right', 'cancelled')).toEqual([]);
  expect(run.outcome?.status).toBe('cancelled');
});

test('without a join, two branches lead to one run', () => {
  const run = play('fixtures/diamond.yaml');
  run.finish('top');
  expect(run.finish('right')).toEqual(['bottom']);
  expect(run.finish('left')).toEqual([]);
  run.finish('bottom');
  expect(run.outcome?.status).toBe('completed');
});

test('the whole condition decides, and every transition that holds fires', () => {
  expect(play('fixtures/conditions.yaml').finish('measure', 'succeeded', { size: 11 })).toEqual(['large', 'log']);
  expect(play('fixtures/conditions.yaml', { limit: 20 }).finish('measure', 'succeeded', { size: 11 })).toEqual([
    'small',
    'log',
  ]);
  expect(play('fixtures/conditions.yaml').finish('measure', 'failed', {})).toEqual(['alarm']);
});

test('an error in a condition fails the run, naming task, transition and expression; what else the task names starts', () => {
  const run = play('fixtures/condition-error.yaml');
  expect(run.finish('fetch')).toEqual(['before', 'behind']);
  expect(run.finish('before')).toEqual([]);
  expect(run.outcome).toBeNull();
  run.finish('behind');
  expect(run.outcome?.status).toBe('failed');
  expect(run.outcome?.result['error']).toMatch(
    /task 'fetch', next\[1\]\.when: .*"missing".*\(in: result\(\)\.missing > 1\)/,
  );
});

test('publish goes entry by entry', () => {
  const run = play('fixtures/publish.yaml');
  expect(run.finish('work', 'succeeded', { n: 1 })).toEqual(['after']);
  expect(run.variables).toEqual({ a: 2, b: 1, sum: 21, whole: { n: 1 }, seen: true });
  expect(run.decisions.at(-1)?.transitions).toEqual([
    { task: 'work', visit: 1, index: 0, fired: true, published: { a: 2, b: 1, sum: 21, whole: { n: 1 } } },
    { task: 'work', visit: 1, index: 1, fired: true, published: { seen: true } },
  ]);
});

test('an error in a publish fails the run and keeps what was published before it', () => {
  const run = play('fixtures/publish-error.yaml');
  expect(run.finish('work', 'succeeded', { parts: 0 })).toEqual(['after']);
  expect(run.variables).toEqual({ kept: 1 });
  expect(run.finish('after')).toEqual([]);
  expect(run.outcome?.result['error']).toMatch(/task 'work', next\[0\]\.publish\[1\]\/lost: .*1 \/ result\(\)\.parts/);
});

test('a task whose when is false is skipped, and its transitions are evaluated', () => {
  const run = play('fixtures/skip.yaml');
  expect(run.finish('build')).toEqual(['close', 'note']);
  expect(run.skipped).toEqual([{ task: 'mail', visit: 1, reason: 'its condition is false: parameters.notify' }]);
  expect(run.start('note').triggered_by).toBe('mail');
  expect(run.tasks.skipped_tasks).toEqual(['mail']);
  run.finish('close');
  run.finish('note');
  expect(run.outcome?.result).toEqual({ mailed: false, succeeded: true });
});

test('a task whose when is true runs', () => {
  expect(play('fixtures/skip.yaml', { notify: true }).finish('build')).toEqual(['mail']);
});

test('a failure is handled by a target, and only by a target', () => {
  const run = play('fixtures/failure.yaml');
  expect(run.finish('handled', 'failed')).toEqual(['repair']);
  run.finish('shrugged', 'abandoned');
  run.finish('noted', 'failed', { error: 'no disk' });
  run.finish('ignored', 'timed_out');
  run.finish('repair');
  expect(run.tasks.completed_tasks).toEqual(['handled', 'shrugged', 'repair']);
  expect(run.tasks.failed_tasks).toEqual(['noted', 'ignored']);
  expect(run.outcome).toEqual({
    status: 'failed',
    result: { why: 'no disk', error: 'Workflow failed: 2 task(s) failed: noted, ignored', succeeded: false },
  });
});

test('handled failures leave a run that completes', () => {
  const run = play('fixtures/failure.yaml');
  run.finish('handled', 'failed');
  run.finish('shrugged', 'failed');
  for (const task of ['noted', 'ignored', 'repair']) run.finish(task);
  expect(run.outcome).toEqual({ status: 'completed', result: { succeeded: true, why: 'nothing' } });
});

test('timed_out() sees a timeout, failed() does not', () => {
  const run = play('fixtures/timeout.yaml');
  expect(run.start('slow').timeout_seconds).toBe(30);
  expect(run.finish('slow', 'timed_out')).toEqual(['give_up']);
  expect(play('fixtures/timeout.yaml').finish('slow', 'abandoned')).toEqual(['repair']);
});

test('fail stops the run: no transition, no retry, though what runs may finish', () => {
  const run = play('fixtures/reserved-targets.yaml');
  run.finish('flaky', 'failed');
  expect(run.awaits('flaky')).toBe(true);
  expect(run.finish('check')).toEqual(['cleanup', 'report']);
  expect(run.awaits('flaky')).toBe(false);
  expect(run.finish('other')).toEqual([]);
  expect(run.finish('report')).toEqual([]);
  expect(run.outcome).toBeNull();
  expect(run.finish('cleanup', 'failed')).toEqual([]);
  expect(run.outcome).toEqual({
    status: 'failed',
    result: { error: "Workflow failed: task 'check' led to fail", succeeded: false },
  });
});

test('a run that gives up its last retry still reads what its output needs', () => {
  const run = play('fixtures/fail-beside-retry.yaml');
  expect(run.finish('first', 'succeeded', { n: 7 })).toEqual(['check', 'flaky']);
  run.finish('flaky', 'failed');
  run.finish('check');
  expect(run.outcome?.result).toEqual({ n: 7, error: "Workflow failed: task 'check' led to fail", succeeded: false });
});

test('a failed attempt is retried while the policy allows and on_error agrees', () => {
  const run = play('fixtures/retry.yaml');
  expect(run.start('call')).toMatchObject({ delay_seconds: 7, max_retries: 3, retry_count: 0, attempt: 1 });
  const fails = (): void => void run.finish('call', 'failed', { code: 503 });
  for (let retry = 1; retry <= 3; retry += 1) {
    fails();
    expect(run.awaits('call')).toBe(true);
    expect(run.tasks.current_tasks).toEqual(['call']);
    run.again('call');
    expect(run.awaits('call')).toBe(false);
  }
  expect(run.retries.map((retry) => retry.delay_seconds)).toEqual([10, 20, 30]);
  expect(run.retries.map((retry) => retry.retry_count)).toEqual([1, 2, 3]);
  expect(run.finish('call', 'failed', { code: 503 })).toEqual(['alarm']);
});

test('an attempt that succeeds at last is a success', () => {
  const run = play('fixtures/retry.yaml');
  run.finish('call', 'timed_out', { code: 503 });
  run.again('call');
  expect(run.finish('call')).toEqual(['use']);
});

test('on_error that is false ends the attempts', () => {
  expect(play('fixtures/retry.yaml').finish('call', 'failed', { code: 404 })).toEqual(['alarm']);
});

test('on_error that cannot be evaluated fails the run', () => {
  const run = play('fixtures/retry.yaml');
  expect(run.finish('call', 'failed', {})).toEqual([]);
  expect(run.outcome?.result['error']).toMatch(/task 'call', retry\.on_error: .*"code"/);
});

test('a restart after a lost worker keeps the retries', () => {
  const run = play('fixtures/retry.yaml');
  run.again('call');
  expect(run.living('call')).toEqual([{ visit: 1, item: null, attempt: 2 }]);
  run.finish('call', 'failed', { code: 503 });
  expect(run.retries.at(-1)).toMatchObject({ task: 'call', visit: 1, attempt: 2, retry_count: 1, delay_seconds: 10 });
});

test('the end of an attempt that is not waited for changes nothing', () => {
  const run = play('fixtures/retry.yaml');
  run.finish('call', 'failed', { code: 503 });
  run.again('call');
  const before = run.state;
  const late = { task: 'call', visit: 1, attempt: 1, outcome: 'succeeded', result: {} } as const;
  expect(run.tell(late)).toEqual([]);
  expect(run.state).toEqual(before);
  expect(run.decisions.at(-1)?.ignored).toContain('does not wait for attempt 1');
});

test('a task that cannot start fails without retries, and failed() handles it', () => {
  const run = play('fixtures/cannot-start.yaml');
  expect(run.finish('first', 'succeeded', { name: 'x' })).toEqual(['second']);
  const { error, input, max_retries } = run.start('second');
  expect({ input, max_retries }).toEqual({ input: {}, max_retries: 0 });
  expect(error).toMatchObject({
    kind: 'not_found',
    pointer: '/deep/id',
    expression: '{{ task.first.id }}',
    line: 1,
    column: 15,
  });
  expect(error?.message).toContain("task 'second', input/deep/id");
  expect(run.finish('second', 'failed', { succeeded: false, error: { message: 'no id' } })).toEqual(['third']);
  expect(run.start('third').input).toEqual({ why: 'no id' });
});

test('an attempt that was refused before it started is not retried either', () => {
  const run = play('fixtures/retry.yaml');
  const refused = {
    task: 'call',
    visit: 1,
    attempt: 1,
    outcome: 'failed',
    result: { code: 503 },
    started: false,
  } as const;
  expect(run.tell(refused)).toEqual(['alarm']);
});

test('input is nothing, the parameters of the workflow, or rendered with its types', () => {
  const run = play('fixtures/inherit.yaml', { host: 'db1', port: 5432 });
  expect(run.start('bare').input).toEqual({});
  expect(run.start('heir').input).toEqual({ host: 'db1', port: 5432 });
  expect(run.start('named').input).toEqual({ target: 'db1:5432', port: 5432 });
});

test('a declared parameter that was not given is null', () => {
  expect(play('fixtures/inherit.yaml', { host: 'db1' }).start('named').input).toEqual({ target: 'db1:', port: null });
});

test('a side task of a loop runs once for each iteration and reads its own one', () => {
  const run = play('fixtures/loop-with-side-task.yaml');
  expect(run.finish('step', 'succeeded', { n: 1 })).toEqual(['log', 'step']);
  expect(run.start('log').input).toEqual({ step: { result: { n: 1 }, n: 1 } });
  expect(run.finish('step', 'succeeded', { n: 2 })).toEqual(['log', 'step']);
  expect(run.start('log')).toMatchObject({ visit: 2, position: { step: 1 }, input: { step: { n: 2 } } });
  expect(run.finish('step', 'succeeded', { n: 3 })).toEqual(['log', 'done']);
  expect(run.start('done').position).toEqual({ step: 2 });
  expect(run.living('log').map((one) => one.visit)).toEqual([1, 2, 3]);
});

test('a join inside a loop is met in each round; at the head the round decides whom it waits for', () => {
  const run = play('fixtures/loop-with-join.yaml');
  expect(run.finish('one')).toEqual([]);
  expect(run.finish('two')).toEqual(['head']);
  for (let round = 0; round < 3; round += 1) {
    expect(run.finish('head')).toEqual(['left', 'right']);
    expect(run.finish('right', 'succeeded', { n: round * 10 })).toEqual([]);
    expect(run.finish('left', 'succeeded', { n: round })).toEqual(['merge']);
    expect(run.start('merge')).toMatchObject({ position: { head: round }, input: { left: round, right: round * 10 } });
    expect(run.finish('merge')).toEqual(round < 2 ? ['head'] : []);
  }
  expect(run.outcome?.result).toEqual({ rounds: 3, succeeded: true });
});

test('a join beside a loop that no round meets fails the run at its end, however many rounds there were', () => {
  const run = play('fixtures/loop-with-unmet-join.yaml');
  for (let round = 1; round <= 3; round += 1) {
    expect(run.finish('step')).toEqual(round < 3 ? ['left', 'step'] : ['left']);
    expect(run.finish('left')).toEqual([]);
  }
  expect(run.outcome?.result['error']).toBe(
    "Workflow failed: the join 'merge' was reached by left but needs 2 of its predecessors; right did not lead to it",
  );
});

test('a join that one round did not meet is not forgotten when the others do', () => {
  const run = play('fixtures/loop-with-unmet-join.yaml', { from: 2 });
  run.finish('step');
  run.finish('left');
  for (let round = 2; round <= 3; round += 1) {
    run.finish('step');
    run.finish('left');
    expect(run.finish('right')).toEqual(['merge']);
    run.finish('merge');
  }
  expect(run.state.waiting).toEqual({});
  expect(run.outcome?.result['error']).toContain("the join 'merge' was reached by left but needs 2");
});

test('an inner loop begins anew in each iteration of the outer one', () => {
  const run = play('fixtures/nested-loops.yaml');
  const rounds = [2, 3];
  rounds.forEach((inner, outer) => {
    run.finish('outer', 'succeeded', { n: outer });
    for (let n = 0; n < inner; n += 1) run.finish('inner', 'succeeded', { n, again: n < inner - 1 });
    expect(run.start('check')).toMatchObject({
      position: { outer, inner: inner - 1 },
      input: { last: inner - 1, outer },
    });
    run.finish('check', 'succeeded', { again: outer === 0 });
  });
  expect(run.outcome?.status).toBe('completed');
  expect(run.start('inner').visit).toBe(5);
});

test('max_visits ends a loop that nobody ends; skipped runs count', () => {
  const run = play('fixtures/endless.yaml');
  for (let visit = 1; visit < 5; visit += 1) expect(run.finish('ping')).toEqual(['ping']);
  run.finish('ping');
  expect(run.outcome?.result['error']).toContain("task 'ping' was to run more than 5 times");
  expect(run.skipped).toHaveLength(5);
});

test('a cancelled task leads nowhere, and the run ends cancelled when the others have ended', () => {
  const run = play('fixtures/join-two-of-three.yaml');
  expect(run.finish('a', 'cancelled')).toEqual([]);
  expect(run.finish('b')).toEqual([]);
  expect(run.finish('c')).toEqual(['quorum']);
  expect(run.outcome).toBeNull();
  run.finish('quorum');
  expect(run.outcome).toEqual({ status: 'cancelled', result: { error: 'Workflow cancelled', succeeded: false } });
});

test('the older keys do what their rewriting says', () => {
  const a = (outcome: 'succeeded' | 'failed' | 'timed_out'): string[] =>
    play('fixtures/legacy.yaml').finish('a', outcome, { x: 5 });
  expect(a('succeeded')).toEqual(['b', 'd']);
  expect(a('failed')).toEqual(['c', 'd']);
  expect(a('timed_out')).toEqual(['d', 'e']);
  const run = play('fixtures/legacy.yaml');
  run.finish('a', 'succeeded', { x: 5 });
  expect(run.variables).toEqual({ out: { x: 5 } });
  expect(run.finish('b', 'succeeded', { x: 5 })).toEqual(['c']);
  run.finish('c', 'succeeded', { y: 1 });
  expect(run.variables).toEqual({ out: { x: 5 }, seen: true, only: { y: 1 } });
});
