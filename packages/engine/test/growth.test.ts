import { createHash } from 'node:crypto';
import type { Id, JsonObject } from '@attune/core';
import { sql, type Database } from '@attune/db';
import { expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../testing/database.ts';
import { claim, finish } from '../src/index.ts';
import { flow, registerTestPack, runOf, startFlow } from './play.ts';
import { measuring } from './measuring.ts';
import { installWorker } from './support.ts';

// `npm run bench:growth` measures time. What time comes from is counted here: statements, what they read, and what is kept.

interface Step {
  statements: number;
  /** Characters of JSON that the statements of the step answered. */
  read: number;
  /** Of the state that is kept of the outermost run. */
  state: number;
}

test('a join of many branches costs the same at its first arrival and at its last', async () => {
  const names = Array.from({ length: 80 }, (_, n) => `branch_${n}`);
  const steps = await stepsOf(
    flow(`
version: 1.0.0
tasks:
${names.map((name) => `  - { name: ${name}, action: test.do, next: [ { do: [merge] } ] }`).join('\n')}
  - { name: merge, action: test.do, join: all }
`),
  );
  expect(steps).toHaveLength(81);
  expectFlat(steps.slice(0, -2)); // the last arrival starts the join, the join ends the run
});

test('a task of many, each reading the one before it, costs the same wherever it stands', async () => {
  const size = 120;
  const steps = await stepsOf(
    flow(`
version: 1.0.0
vars: { last: 0 }
tasks:
${Array.from({ length: size }, (_, n) => {
  const next = n + 1 < size ? `, next: [ { publish: [ { last: ${n} } ], do: [task_${n + 1}] } ]` : '';
  const input = n > 0 ? `, input: { before: "{{ task.task_${n - 1}.n }}" }` : '';
  return `  - { name: task_${n}, action: test.do${input}${next} }`;
}).join('\n')}
`),
  );
  expect(steps).toHaveLength(size);
  expectFlat(steps.slice(0, -1));
});

test('a visit of a loop costs the same whether it is the second or the fiftieth', async () => {
  const steps = await stepsOf(
    flow(`
version: 1.0.0
vars: { tries: 0 }
tasks:
  - name: probe
    action: test.do
    next: [ { when: tries < 49, publish: [ { tries: "{{ tries + 1 }}" } ], do: [nap] } ]
  - { name: nap, action: test.do, input: { before: "{{ task.probe.n }}" }, next: [ { do: [probe] } ] }
`),
  );
  expect(steps).toHaveLength(99);
  expectFlat(steps.slice(2, -1));
});

test('an item costs the same whether it is the tenth or the six hundredth, and no step reads the list', async () => {
  const hosts = Array.from({ length: 600 }, (_, n) => `host-${n}.example.org`);
  const steps = await stepsOf(
    flow(`
version: 1.0.0
tasks:
  - name: patch
    action: test.do
    with_items: "{{ parameters.hosts }}"
    concurrency: 10
    input: { host: "{{ item }}", of: "{{ length(parameters.hosts) }}" }
    next: [ { when: succeeded(), do: [report] } ]
  - { name: report, action: test.do }
`),
    { hosts },
  );
  expect(steps).toHaveLength(601);
  // the first step reads the parameters, and each chunk of the list is read once: three of them
  const chunks = steps.slice(1, -11).filter(({ read }) => read > 5_000);
  expect(chunks.length).toBeLessThanOrEqual(3);
  expectFlat(steps.slice(1, -11).filter((step) => !chunks.includes(step)));
});

test('large variables are read when they have changed, and not at each step', async () => {
  // nothing that compresses well: a stored size is what decides
  const texts = Array.from({ length: 400 }, (_, n) => createHash('sha256').update(String(n)).digest('hex'));
  const steps = await stepsOf(
    flow(`
version: 1.0.0
vars: { texts: ${JSON.stringify(texts)}, done: 0 }
tasks:
  - name: each
    action: test.do
    with_items: "{{ range(40) }}"
    concurrency: 5
    input: { text: "{{ texts[index] }}" }
    next: [ { publish: [ { done: 1 } ], do: [ last ] } ]
  - { name: last, action: test.do, input: { of: "{{ length(texts) + done }}" } }
`),
  );
  const size = JSON.stringify(texts).length;
  // the first step reads them, and the last one what the definition says of the result
  expect(steps.slice(1, -1).filter(({ read }) => read > size / 2)).toEqual([]);
});

test('a task costs the same however deep its workflow is nested', async () => {
  const names = ['flow', 'a', 'b', 'c', 'd', 'e'];
  const files = names.map((name, depth) => {
    const below = names[depth + 1];
    const tasks = Array.from({ length: 10 }, (_, n) => {
      const next = n < 9 ? `task_${n + 1}` : 'below';
      return `  - { name: task_${n}, action: test.do, next: [ { do: [${next}] } ] }`;
    });
    const last = `  - { name: below, action: test.${below ?? 'do'} }`;
    return [
      [`actions/${name}.yaml`, `ref: test.${name}\nworkflow_file: workflows/${name}.workflow.yaml\n`],
      [`actions/workflows/${name}.workflow.yaml`, `version: 1.0.0\ntasks:\n${[...tasks, last].join('\n')}\n`],
    ];
  });
  const steps = await stepsOf(Object.fromEntries(files.flat()) as Record<string, string>);
  expect(steps).toHaveLength(61);
  // the last of ten begins the next run below
  const plain = steps.filter((_, index) => index % 10 !== 9 && index < 60);
  expectFlat(plain.map((step) => ({ ...step, state: 0 })));
});

/** Runs a workflow and tells what each report of a task took. */
async function stepsOf(files: Record<string, string>, parameters: JsonObject = {}): Promise<Step[]> {
  await using fresh: TestDatabase = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(db, files);
  const id = await startFlow(db, parameters);
  const measured = measuring(db);
  const worker = await installWorker(db, 'a');
  const steps: Step[] = [];
  for (;;) {
    const [one] = await claim(db, { worker, runtimes: ['shell'], limit: 1 });
    if (one === undefined) break;
    const before = measured.taken();
    await finish(measured.db, {
      execution: one.id,
      lease_token: one.lease_token,
      outcome: { kind: 'succeeded', result: { succeeded: true, data: { n: steps.length } } },
    });
    const after = measured.taken();
    const state = await stateOf(db, id);
    steps.push({ statements: after.statements - before.statements, read: after.read - before.read, state });
  }
  expect((await runOf(db, id)).status).toBe('completed');
  return steps;
}

const stateOf = async (db: Database, execution: Id): Promise<number> =>
  (
    await db.one<{ length: number }>(sql`
    select length(state::text) as length from workflow_execution where execution = ${execution}`)
  ).length;

/** Most statements of a step that starts a task, its begin and commit left out. */
const mostStatements = 6;

/** The last steps take no more than the first ones did, but for a few digits. */
function expectFlat(steps: readonly Step[]): void {
  const tenth = Math.ceil(steps.length / 10);
  const [first, last] = [most(steps.slice(0, tenth)), most(steps.slice(-tenth))];
  expect(Math.max(...steps.map((step) => step.statements))).toBeLessThanOrEqual(mostStatements);
  expect(last.statements).toBeLessThanOrEqual(first.statements);
  expect(last.read).toBeLessThanOrEqual(first.read * 1.1 + 20);
  expect(last.state).toBeLessThanOrEqual(first.state * 1.1 + 20);
}

const most = (steps: readonly Step[]): Step => ({
  statements: Math.max(...steps.map((step) => step.statements)),
  read: Math.max(...steps.map((step) => step.read)),
  state: Math.max(...steps.map((step) => step.state)),
});
