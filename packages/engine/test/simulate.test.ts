import { expect, test } from 'vitest';
import {
  simulate,
  type FlatSchema,
  type Id,
  type Instant,
  type JsonObject,
  type KnownAction,
  type KnownActions,
  type RecordedRun,
  type RecordedRunStep,
  type Simulation,
  type WorkflowDefinition,
} from '@attune/core';
import { lists, sql, type Database } from '@attune/db';
import { freshDatabase } from '../../../testing/database.ts';
import { runAll } from './model.ts';
import { flow, registerTestPack, startFlow } from './play.ts';
import { digitOf, endingBy, registerWorkflow, workflows } from './random.ts';

/** What the database recorded of a run and of those nested in it. */
async function recordOf(db: Database, execution: Id, begun: Instant): Promise<RecordedRun> {
  const page = await lists.workflowSteps(db, execution, { limit: 100_000, before: null });
  const steps: RecordedRunStep[] = [];
  for (const row of page?.rows ?? []) {
    const decision = row.decision as unknown as RecordedRunStep['decision'];
    const isNested = !('successor' in decision) && row.workflow_execution !== null && row.execution !== null;
    steps.push({
      step: row.step,
      at_seconds: (Date.parse(row.created) - Date.parse(begun)) / 1_000,
      decision,
      result: row.result,
      run: isNested && row.execution !== null ? await recordOf(db, row.execution, begun) : null,
    });
  }
  return { is_complete: steps.some(({ decision }) => 'outcome' in decision), steps };
}

async function knownActions(db: Database): Promise<KnownActions> {
  const rows = await db.many<{ ref: string; definition: JsonObject }>(sql`
    select ref, definition from action where removed_at is null`);
  const known = new Map(
    rows.map(({ ref, definition }): [string, KnownAction] => [
      ref,
      {
        ref,
        parameters: (definition['parameters'] ?? null) as FlatSchema | null,
        output: null,
        timeout_seconds: null,
        on_worker_lost: definition['on_worker_lost'] === 'restart' ? 'restart' : 'fail',
        workflow: (definition['workflow'] ?? null) as unknown as WorkflowDefinition | null,
      },
    ]),
  );
  return (ref) => known.get(ref);
}

/** A finished run again, from what was recorded of it. */
async function again(
  db: Database,
  id: Id,
  parameters: JsonObject = {},
): Promise<{ record: RecordedRun; simulation: Simulation }> {
  const { started_at } = await db.one<{ started_at: Instant }>(sql`select started_at from execution where id = ${id}`);
  const record = await recordOf(db, id, started_at);
  const actions = await knownActions(db);
  const simulation = simulate({ ref: 'test.flow', actions, parameters, record, workflow_start: started_at });
  return { record, simulation };
}

const decisionsIn = ({ steps }: RecordedRun) =>
  steps.map(({ decision }) => decision).filter((decision) => 'successor' in decision || decision.ignored === undefined);

/** Holds the simulation to the record: the same decisions in the same order, and nothing that nobody recorded. */
async function expectTheSame(db: Database, id: Id, parameters: JsonObject = {}): Promise<number> {
  const { record, simulation } = await again(db, id, parameters);
  expect(simulation.departures).toEqual([]);
  expect(simulation.assumed).toEqual([]);
  const own = simulation.steps.filter(({ run }) => run.length === 0);
  expect(own).toHaveLength(decisionsIn(record).length);
  const run = await db.one<{ status: string; variables: JsonObject; result: JsonObject }>(sql`
    select w.status, w.variables, e.result from workflow_execution w join execution e on e.id = w.execution
    where w.execution = ${id}`);
  expect({ status: simulation.status, variables: simulation.variables, result: simulation.result }).toEqual(run);
  return record.steps.length;
}

const eventful = `
version: "1"
vars: { round: 0, seen: [], text: many }
tasks:
  - { name: first, action: test.do, next: [{ do: [flaky, lost, nested, each, strict] }] }
  - name: flaky
    action: test.do
    retry: { count: 2, delay: 0 }
    next: [{ publish: [{ seen: "{{ seen + ['flaky'] }}" }], do: [merge] }]
  - name: lost
    action: test.do
    on_worker_lost: restart
    next: [{ publish: [{ seen: "{{ seen + ['lost'] }}" }], do: [merge] }]
  - name: nested
    action: test.inner
    retry: { count: 1, delay: 0 }
    next: [{ publish: [{ seen: "{{ seen + [get(result(), 'n', 0)] }}" }], do: [merge] }]
  - name: each
    action: test.do
    with_items: "{{ range(3) }}"
    concurrency: 2
    retry: { count: 1, delay: 0 }
    input: { n: "{{ item }}" }
    next: [{ publish: [{ each: "{{ result() }}" }], do: [merge] }]
  - { name: strict, action: test.strict, input: { n: "{{ vars.text }}" }, next: [{ when: failed(), do: [merge] }] }
  - { name: merge, action: test.do, join: all, next: [{ do: [round] }] }
  - name: round
    action: test.do
    when: workflow.round < 2
    input: { n: "{{ workflow.round }}" }
    next: [{ when: not skipped(), publish: [{ round: "{{ workflow.round + 1 }}" }], do: [round] }, { do: [noop] }]
output_map: { round: "{{ workflow.round }}", seen: "{{ workflow.seen }}" }
`;

const beside = {
  'workflows/inner.yaml': `
ref: test.inner
version: "1"
tasks:
  - { name: one, action: test.do, next: [{ when: succeeded(), do: [two] }] }
  - { name: other, action: test.do, next: [{ do: [two] }] }
  - { name: two, action: test.do }
output_map: { n: "{{ task.two.n }}" }
`,
  'actions/strict.yaml': 'ref: test.strict\nentry_point: do.sh\nparameters: { n: { type: integer } }\n',
};

test('an eventful run comes out again from its record, whatever happened and in which order', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, { ...flow(eventful), ...beside });
  for (let seed = 0; seed < 15; seed += 1) {
    const id = await startFlow(db);
    let turn = seed;
    await runAll(db, endingBy(seed), (living) => (turn += 7) % living);
    await expectTheSame(db, id);
  }
});

test('random runs come out again from their records', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  let steps = 0;
  for (const [index, definition] of workflows(42, 25).entries()) {
    await registerWorkflow(db, definition);
    const id = await startFlow(db);
    await runAll(db, endingBy(index), (living) => digitOf(`${index} ${living} ${steps}`) % living);
    steps += await expectTheSame(db, id);
  }
  expect(steps).toBeGreaterThan(80);
});
