import { expect, test } from 'vitest';
import { parseWorkflow, readYaml, type Id } from '@attune/core';
import { sql, type Database } from '@attune/db';
import { freshDatabase } from '../../../testing/database.ts';
import { fileOf } from '../../core/test/workflow/model/file.ts';
import { crashing, type Crashing } from './crash.ts';
import { disagreement, runAll, type Attempt, type Ending } from './model.ts';
import { pause, resume } from '../src/index.ts';
import { runOf, startFlow } from './play.ts';
import { digitOf, endingBy, registerWorkflow, workflows } from './random.ts';

test('what the engine recorded of a run is what the model says, step by step', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  let steps = 0;
  for (const [index, definition] of workflows(20_261_126, 60).entries()) {
    await registerWorkflow(db, definition);
    const id = await startFlow(db);
    await runAll(db, endingBy(index), (living) => digitOf(`${index} ${living} ${steps}`) % living);
    const found = await disagreement(db, id, definition, {});
    if (found !== null) expect.fail(`${fileOf(definition)}\n${found}`);
    steps += (await db.one<{ steps: number }>(sql`select steps from workflow_execution where execution = ${id}`)).steps;
  }
  expect(steps).toBeGreaterThan(200);
}, 240_000);

test('a run that is paused and resumed at random moments is still what the model says', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  let pauses = 0;
  for (const [index, definition] of workflows(20_261_127, 30).entries()) {
    await registerWorkflow(db, definition);
    const id = await startFlow(db);
    let round = 0;
    let isPaused = false;
    const pick = (living: number) => digitOf(`${index} ${living} ${round}`) % living;
    await runAll(db, endingBy(index), pick, async () => {
      round += 1;
      if (digitOf(`${round} ${index}`) >= (isPaused ? 4 : 7)) return;
      isPaused = (await (isPaused ? resume(db, id) : pause(db, id, null))).kind === 'paused';
      if (isPaused) pauses += 1;
    });
    await resume(db, id);
    await runAll(db, endingBy(index), pick);
    const found = await disagreement(db, id, definition, {});
    if (found !== null) expect.fail(`${fileOf(definition)}\n${found}`);
    expect((await runOf(db, id)).status).not.toBe('running');
  }
  expect(pauses).toBeGreaterThan(30);
}, 240_000);

const eventful = `
ref: test.flow
version: "1"
vars: { round: 0 }
tasks:
  - name: first
    action: test.do
    next:
      - do: [flaky, lost, nested, each]
  - name: flaky
    action: test.do
    retry: { count: 1, delay: 0 }
    next:
      - { when: succeeded(), do: [merge] }
  - name: lost
    action: test.do
    next:
      - { when: failed(), publish: [{ found: "{{ result().succeeded }}" }], do: [merge] }
  - name: nested
    action: test.inner
    next:
      - { do: [merge] }
  - name: each
    action: test.do
    with_items: "{{ range(3) }}"
    concurrency: 2
    input: { n: "{{ item }}" }
    next:
      - { do: [merge] }
  - name: merge
    action: test.do
    join: all
    next:
      - { do: [round] }
  - name: round
    action: test.do
    input: { n: "{{ workflow.round }}" }
    next:
      - { when: workflow.round < 1, publish: [{ round: "{{ workflow.round + 1 }}" }], do: [round] }
output_map: { round: "{{ workflow.round }}", n: "{{ task.round.n }}" }
`;

const inner = `
ref: test.inner
version: "1"
tasks:
  - { name: one, action: test.do, next: [{ do: [two] }] }
  - { name: two, action: test.do }
output_map: { n: "{{ task.two.n }}" }
`;

const eventfully = ({ task_name, visit, attempt }: Attempt): Ending => {
  if (task_name === 'lost') return { kind: 'lost' };
  return { kind: task_name === 'flaky' && attempt === 1 ? 'failed' : 'succeeded', data: { n: visit } };
};

test('a crash before any statement or commit changes nothing of what a run comes to', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  const definition = parseWorkflow(readYaml(eventful, 'eventful.yaml')).workflow;
  if (definition === undefined) throw new Error('The workflow is not sound');
  await registerWorkflow(db, definition, { 'workflows/inner.yaml': inner });
  const start = async (crash: Crashing) => {
    const id = await startFlow(db);
    await runAll(crash.db, eventfully, () => 0);
    const { status, result } = await runOf(db, id);
    return { id, status, result, tasks: await tasksBelow(db, id) };
  };
  await start(crashing(db, 0)); // what is read once and kept is not read again below
  const whole = crashing(db, 0);
  const { id: _, ...expected } = await start(whole);
  expect(expected).toMatchObject({ status: 'completed', result: { round: 1, n: 2 } });
  expect(expected.tasks).toHaveLength(13);
  expect(whole.count()).toBeGreaterThan(100);
  for (let at = 1; at <= whole.count(); at += 1) {
    const crash = crashing(db, at);
    const { id, ...got } = await start(crash);
    expect(crash.hasCrashed()).toBe(true);
    expect({ at, ...got }).toEqual({ at, ...expected });
    expect(await disagreement(db, id, definition, {})).toBeNull();
  }
}, 240_000);

const tasksBelow = async (db: Database, id: Id): Promise<string[]> =>
  (
    await db.many<{ task: string }>(sql`
    with recursive below as (
      select * from execution where parent = ${id}
      union all select e.* from execution e join below b on e.parent = b.id)
    select concat_ws(' ', workflow_task->>'task_name', workflow_task->>'visit', workflow_task->>'attempt', status) as task
    from below order by id`)
  ).map(({ task }) => task);
