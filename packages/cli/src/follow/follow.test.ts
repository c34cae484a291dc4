import type { ExecutionStatus } from '@attune/core';
import { expect, test } from 'vitest';
import { plain } from '../output/paint.ts';
import { formatExecutionTree } from '../output/execution-tree.ts';
import { awaitEnd } from './await-end.ts';
import { liveLines } from './live-watcher.ts';
import { plainWatcher } from './plain-watcher.ts';
import type { Reader, SeenExecution } from './reader.ts';
import { watch } from './watch.ts';

const start = '2026-11-24T10:00:00.000000Z';
const end = '2026-11-24T10:00:01.500000Z';
const never = new AbortController().signal;

function execution(id: string, status: ExecutionStatus, more: Partial<SeenExecution> = {}): SeenExecution {
  const hasEnded = status === 'completed' || status === 'failed';
  return {
    id,
    action_ref: `demo.a${id}`,
    parent: null,
    status,
    workflow_task: null,
    workflow_execution: null,
    paused: false,
    inquiry: null,
    started_at: status === 'scheduled' ? null : start,
    completed_at: hasEnded ? end : null,
    ...more,
  };
}

const task = (task_name: string, attempt = 1) => ({
  task_name,
  task_index: null,
  visit: 1,
  attempt,
  next_retry_at: null,
});

/** Answers each look with the next of `looks`, the last one again and again; logs are given whole. */
function reader(looks: SeenExecution[][], logs: Record<string, string> = {}): Reader {
  let at = -1;
  const tree = () => {
    at = Math.min(at + 1, looks.length - 1);
    return Promise.resolve(looks[at] ?? []);
  };
  return {
    tree,
    execution: async () => (await tree())[0] as SeenExecution,
    log: (id, stream, offset) => {
      const all = logs[`${id} ${stream}`] ?? '';
      const text = all.slice(offset, offset + 5);
      const next_offset = offset + text.length;
      return Promise.resolve({ text, next_offset, complete: next_offset === all.length });
    },
  };
}

test('an execution is awaited until it has ended', async () => {
  const seen: string[] = [];
  const looks = reader([[execution('1', 'scheduled')], [execution('1', 'running')], [execution('1', 'failed')]]);
  const last = await awaitEnd(
    (id) => looks.execution(id),
    '1',
    never,
    (one) => seen.push(one.status),
  );
  expect([last.status, seen]).toEqual(['failed', ['scheduled', 'running', 'failed']]);
});

test('an interruption ends the wait', async () => {
  const interruption = new AbortController();
  const waiting = awaitEnd(
    () => Promise.resolve(execution('1', 'running')),
    '1',
    interruption.signal,
    () => interruption.abort(new Error('enough')),
  );
  await expect(waiting).rejects.toThrow();
});

test('watching into a pipe: changes and log lines in their order, each told once, the run last', async () => {
  const run = (status: ExecutionStatus) => execution('1', status, { workflow_execution: '5' });
  const looks = [
    [run('running'), execution('2', 'scheduled', { parent: '1', workflow_task: task('read') })],
    [run('running'), execution('2', 'running', { parent: '1', workflow_task: task('read') })],
    [run('running'), execution('2', 'running', { parent: '1', workflow_task: task('read') })],
    [run('completed'), execution('2', 'completed', { parent: '1', workflow_task: task('read') })],
  ];
  const told: string[] = [];
  const watcher = plainWatcher((line) => Promise.resolve(void told.push(line)));
  await watch(
    reader(looks, { '2 stdout': 'first line\nlast without end', '2 stderr': 'oh\u0007\n' }),
    '1',
    never,
    watcher,
  );
  expect(told).toEqual([
    '1 demo.a1: running',
    '2 read: scheduled',
    '2 read: running',
    '2 read | first line',
    '2 read | last without end',
    '2 read | oh\\u0007',
    '2 read: completed after 1.5s',
    '1 demo.a1: completed after 1.5s',
  ]);
});

test('what stands still says why, in a pipe, in the list and in the tree', async () => {
  const asks = (inquiry: string | null, status: ExecutionStatus = 'running') =>
    execution('2', status, { parent: '1', workflow_task: task('gate'), inquiry });
  const run = (paused: boolean) => execution('1', 'running', { workflow_execution: '5', paused });
  const looks = [
    [run(false), asks('7')],
    [run(true), asks('7')],
    [run(true), asks(null, 'completed')],
    [execution('1', 'completed', { workflow_execution: '5' }), asks(null, 'completed')],
  ];
  const told: string[] = [];
  const watcher = plainWatcher((line) => Promise.resolve(void told.push(line)));
  await watch(reader(looks), '1', never, watcher);
  expect(told).toEqual([
    '1 demo.a1: running',
    '2 gate: running, waits for inquiry 7',
    '1 demo.a1: running, paused',
    '2 gate: completed after 1.5s',
    '1 demo.a1: completed after 1.5s',
  ]);
  const picture = { paint: plain, logs: new Map(), frame: 0, elapsed: () => 2_000 };
  expect(liveLines([run(true), asks('7')], picture)).toEqual([
    '⠋ demo.a1 running, paused 2.0s',
    '  ⠋ gate running, waits for inquiry 7 2.0s',
  ]);
  expect(formatExecutionTree([run(true), asks('7')], plain).split('\n')).toEqual([
    '● demo.a1  running  paused  #1',
    '└─ ● gate  running  waits for inquiry 7  demo.a2  #2',
  ]);
});

test('the live list indents tasks and shows the last lines of what runs', () => {
  const executions = [
    execution('1', 'running', { workflow_execution: '5' }),
    execution('2', 'failed', { parent: '1', workflow_task: { ...task('flaky'), next_retry_at: end } }),
    execution('3', 'running', { parent: '1', workflow_task: task('flaky', 2) }),
    execution('4', 'scheduled', { parent: '1', workflow_task: task('last') }),
  ];
  const logs = new Map([['3', ['trying']]]);
  expect(liveLines(executions, { paint: plain, logs, frame: 0, elapsed: () => 2_000 })).toEqual([
    '⠋ demo.a1 running 2.0s',
    '  ✗ flaky failed 1.5s',
    '  ⠋ flaky (attempt 2) running 2.0s',
    '      trying',
    '  · last scheduled',
  ]);
});

test('the tree shows what each is, how it ended, how long it took, and its id', () => {
  const executions = [
    execution('1', 'completed', { workflow_execution: '5' }),
    execution('2', 'failed', { parent: '1', workflow_task: task('flaky') }),
    execution('3', 'completed', { parent: '1', workflow_task: task('flaky', 2), workflow_execution: '6' }),
    execution('4', 'completed', { parent: '3', workflow_task: { ...task('inner'), task_index: 0, visit: 2 } }),
  ];
  expect(formatExecutionTree(executions, plain).split('\n')).toEqual([
    '✓ demo.a1  completed  1.5s  #1',
    '├─ ✗ flaky  failed  1.5s  demo.a2  #2',
    '└─ ✓ flaky (attempt 2)  completed  1.5s  demo.a3  #3',
    '   └─ ✓ inner[0] (visit 2)  completed  1.5s  demo.a4  #4',
  ]);
});
