import type { Id, WorkflowTaskMetadata } from '@attune/core';
import { describe, expect, test } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import { until } from '../../../testing/until.ts';
import { sql, type Tx } from './database.ts';
import { ExecutionRepository, type CreateExecutionInput } from './execution.ts';

const task = (workflowExecution: Id, more: Partial<WorkflowTaskMetadata> = {}): WorkflowTaskMetadata => ({
  workflow_execution: workflowExecution,
  task_name: 'send_email',
  task_index: null,
  task_batch: null,
  retry_count: 0,
  max_retries: 3,
  next_retry_at: null,
  timeout_seconds: 300,
  timed_out: false,
  duration_ms: null,
  started_at: '2026-01-27T21:25:00.000001Z',
  completed_at: null,
  ...more,
});

const input = (more: Partial<CreateExecutionInput> = {}): CreateExecutionInput => ({
  action: null,
  action_ref: 'my_task',
  config: null,
  parent: null,
  enforcement: null,
  executor: null,
  status: 'running',
  result: null,
  workflow_task: null,
  ...more,
});

/** A workflow run: its own execution and its row in workflow_execution, of that id where one is given. */
async function workflowRun(tx: Tx, runId?: Id): Promise<{ execution: Id; run: Id }> {
  await tx.run(sql`insert into pack (ref, label, version) values ('demo', 'Demo', '1.0.0') on conflict do nothing`);
  await tx.run(sql`
    insert into workflow_definition (ref, pack, pack_ref, label, version, definition)
    select 'demo.flow', id, ref, 'Flow', '1.0.0', '{}' from pack where ref = 'demo' on conflict do nothing`);
  const { id: execution } = await ExecutionRepository.create(tx, input({ action_ref: 'demo.flow' }));
  const { id: run } = await tx.one<{ id: Id }>(sql`
    insert into workflow_execution (id, execution, workflow_def, task_graph)
    select coalesce(${runId ?? null}::bigint, nextval('workflow_execution_id_seq')), ${execution}, id, '{}'
    from workflow_definition where ref = 'demo.flow' returning id`);
  return { execution, run };
}

test('a task comes back as it was created', async () => {
  await using database = await freshDatabase();
  const { execution, run } = await workflowRun(database.db);
  const workflow_task = task(run, { position: { loop: 2 }, visit: 3, attempt: 1, triggered_by: 'first' });
  const made = input({
    parent: execution,
    config: { to: 'ops', n: 9007199254740993n },
    result: [1, null],
    workflow_task,
  });
  const created = await ExecutionRepository.create(database.db, made);
  expect(created).toMatchObject({ ...made, id: expect.stringMatching(/^\d+$/) as unknown });
  expect(await ExecutionRepository.findById(database.db, created.id)).toEqual(created);
  expect(await ExecutionRepository.findById(database.db, '999999')).toBeUndefined();
});

test('outside any workflow the column is SQL NULL', async () => {
  await using database = await freshDatabase();
  const { id } = await ExecutionRepository.create(database.db, input());
  const row = await database.db.one(sql`select workflow_task is null as absent from execution where id = ${id}`);
  expect(row).toEqual({ absent: true });
});

test('the id of the workflow execution is a JSON number, and no digit is lost', async () => {
  await using database = await freshDatabase();
  await workflowRun(database.db, '9007199254740993');
  const { id } = await ExecutionRepository.create(database.db, input({ workflow_task: task('9007199254740993') }));
  const row = await database.db.one(sql`
    select jsonb_typeof(workflow_task->'workflow_execution') as type, workflow_task->>'workflow_execution' as digits
    from execution where id = ${id}`);
  expect(row).toEqual({ type: 'number', digits: '9007199254740993' });
  expect((await ExecutionRepository.findById(database.db, id))?.workflow_task?.workflow_execution).toBe(
    '9007199254740993',
  );
});

describe('the founding document', () => {
  // its 'New' queries, word for word but for the ids
  const queries = {
    byWorkflowExecution: (id: Id) => `SELECT * FROM attune.execution 
WHERE workflow_task->>'workflow_execution' = '${id}';`,
    byName: (id: Id) => `SELECT * FROM attune.execution 
WHERE workflow_task->>'workflow_execution' = '${id}'
  AND workflow_task->>'task_name' = 'send_email';`,
    pendingRetry: `SELECT * FROM attune.execution 
WHERE workflow_task IS NOT NULL
  AND workflow_task->>'next_retry_at' IS NOT NULL
  AND (workflow_task->>'next_retry_at')::timestamptz <= NOW()
  AND (workflow_task->>'retry_count')::int < (workflow_task->>'max_retries')::int;`,
    workflow: `SELECT * FROM attune.execution WHERE workflow_task IS NOT NULL;`,
    direct: `SELECT * FROM attune.execution WHERE workflow_task IS NULL;`,
    count: `SELECT COUNT(*) FROM attune.execution WHERE workflow_task IS NOT NULL;`,
    indexes: `SELECT indexname, indexdef 
FROM pg_indexes 
WHERE tablename = 'execution' 
  AND indexname LIKE '%workflow%';`,
  };

  async function twoRuns(tx: Tx) {
    const [one, other] = [await workflowRun(tx), await workflowRun(tx)];
    const make = async (run: Id, more: Partial<WorkflowTaskMetadata>) =>
      (await ExecutionRepository.create(tx, input({ workflow_task: task(run, more) }))).id;
    const past = '2026-01-01T00:00:00.000000Z';
    return {
      one,
      other,
      mail: await make(one.run, {}),
      due: await make(one.run, { task_name: 'charge', next_retry_at: past }),
      later: await make(one.run, { task_name: 'later', next_retry_at: '9999-01-01T00:00:00.000000Z' }),
      never: await make(one.run, { task_name: 'never', next_retry_at: 'infinity' }),
      spent: await make(other.run, { task_name: 'spent', next_retry_at: past, retry_count: 3 }),
      late: await make(other.run, { task_name: 'late', timed_out: true }),
    };
  }

  test("its queries return the rows that the repository's do", async () => {
    await using database = await freshDatabase();
    const { db } = database;
    const { one, other, mail, due, later, never, spent, late } = await twoRuns(db);
    const ids = async (query: string) => (await db.list<{ id: Id }>(sql.raw(query))).map(({ id }) => id).sort();
    const idsOf = (found: { id: Id }[]) => found.map(({ id }) => id).sort();

    const expectBoth = async (query: string, found: Promise<{ id: Id }[]>, expected: Id[]) => {
      expect(await ids(query)).toEqual(expected.sort());
      expect(idsOf(await found)).toEqual(expected.sort());
    };
    const repository = ExecutionRepository;
    const ofOne = [mail, due, later, never];
    await expectBoth(queries.byWorkflowExecution(one.run), repository.findByWorkflowExecution(db, one.run), ofOne);
    await expectBoth(queries.byName(one.run), repository.findByTaskName(db, one.run, 'send_email'), [mail]);
    await expectBoth(queries.pendingRetry, repository.findDueRetries(db), [due]);
    await expectBoth(queries.workflow, repository.findPartOfWorkflow(db), [...ofOne, spent, late]);
    await expectBoth(queries.direct, repository.findDirectRuns(db), [one.execution, other.execution]);
    expect(await db.list(sql.raw(queries.count))).toEqual([{ count: '6' }]);
    expect(idsOf(await repository.findTimedOut(db))).toEqual([late]);
    expect(idsOf(await repository.findPartOfWorkflow(db, { before: later, limit: 1 }))).toEqual([due]);
  });

  test('its troubleshooting query shows the indexes, and every selective query uses one', async () => {
    await using database = await freshDatabase();
    const { db } = database;
    const found = await db.list<{ indexname: string }>(sql.raw(queries.indexes));
    expect(found.map(({ indexname }) => indexname).sort()).toEqual([
      'execution_workflow_retry_idx',
      'execution_workflow_task_idx',
      'execution_workflow_timed_out_idx',
    ]);
    const { run, execution } = await workflowRun(db, '0');
    await db.run(sql`
      insert into workflow_execution (id, execution, workflow_def, task_graph)
      select i, ${execution}, (select id from workflow_definition), '{}' from generate_series(1, 500) i`);
    await db.run(sql`
      insert into execution (action_ref, workflow_task)
      select 'core.echo', case when i % 2 = 0 then ${JSON.stringify(task(run))}::jsonb || jsonb_build_object(
        'workflow_execution', i / 40, 'task_name', 'task_' || i % 20,
        'next_retry_at', case when i % 1000 = 0 then attune.instant(now() - interval '1 min') end) end
      from generate_series(1, 20000) i`);
    await db.run(sql`analyze execution`);
    for (const query of [queries.byWorkflowExecution('123'), queries.byName('123'), queries.pendingRetry]) {
      const plan = await db.list<{ 'QUERY PLAN': string }>(sql.raw(`explain ${query}`));
      const text = plan.map((line) => line['QUERY PLAN']).join('\n');
      expect(text).toMatch(/execution_workflow_(task|retry)_idx/);
      expect(text).not.toContain('Seq Scan');
    }
  });
});

describe('the column', () => {
  const keys = Object.keys(task('1'));

  test.each([
    ['JSON null', 'null', 'workflow_task is null and not an object'],
    ['a list', '[]', 'workflow_task is [] and not an object'],
    ['a string', '"x"', 'workflow_task is "x" and not an object'],
    ...keys.map((key) => [
      `an object without ${key}`,
      JSON.stringify({ ...numbered(), [key]: undefined }),
      `workflow_task.${key} is missing; it has to be `,
    ]),
    ...(
      [
        ['workflow_execution', '1', 'a 64-bit integer'],
        ['task_name', 7, 'a string'],
        ['retry_count', '0', 'an integer'],
        ['max_retries', null, 'an integer'],
        ['timed_out', 'false', 'true or false'],
        ['task_index', 1.5, 'an integer or null'],
        ['task_batch', 2 ** 31, 'an integer or null'],
        ['duration_ms', '17', 'a 64-bit integer or null'],
        ['next_retry_at', 'soon', 'an instant or null'],
        ['started_at', 0, 'an instant or null'],
      ] as const
    ).map(([key, value, wanted]) => [
      `${key} ${JSON.stringify(value)}`,
      JSON.stringify({ ...numbered(), [key]: value }),
      `workflow_task.${key} is ${JSON.stringify(value)}; it has to be ${wanted}`,
    ]),
  ])('refuses %s', async (_what, json, told) => {
    await using database = await freshDatabase();
    const insert = database.db.run(sql`insert into execution (action_ref, workflow_task) values ('a', ${json}::jsonb)`);
    await expect(insert).rejects.toThrow(`violates execution_workflow_task_check: ${told}`);
  });

  function numbered() {
    return { ...task('1'), workflow_execution: 1 };
  }

  test('takes one row per task, item, visit and attempt, and any number of rows without an attempt', async () => {
    await using database = await freshDatabase();
    const { run } = await workflowRun(database.db);
    const create = (more: Partial<WorkflowTaskMetadata>) =>
      ExecutionRepository.create(database.db, input({ workflow_task: task(run, more) }));
    await create({ visit: 1, attempt: 1 });
    await create({ visit: 1, attempt: 2 });
    await create({ visit: 2, attempt: 1 });
    await create({ visit: 1, attempt: 1, task_index: 0 });
    await create({});
    await create({});
    await expect(create({ visit: 1, attempt: 1 })).rejects.toThrow('execution_workflow_task_idx');
    await expect(create({ visit: 1, attempt: 1, task_index: 0 })).rejects.toThrow('execution_workflow_task_idx');
  });
});

test('a task names an existing workflow execution, from the start and ever after', async () => {
  await using database = await freshDatabase();
  const { db } = database;
  const { run, execution } = await workflowRun(db);
  const { run: otherRun } = await workflowRun(db);
  const missing = /execution \d+ is the task of a workflow execution that does not exist: 999/;
  await expect(ExecutionRepository.create(db, input({ workflow_task: task('999') }))).rejects.toThrow(missing);
  const { id } = await ExecutionRepository.create(db, input({ workflow_task: task(run) }));
  const point = (to: string) =>
    db.run(sql`
      update execution set workflow_task = workflow_task || jsonb_build_object('workflow_execution', ${to}::bigint)
      where id = ${id}`);
  await expect(point('999')).rejects.toThrow(missing);
  expect(await point(otherRun)).toBe(1);

  // the reference holds against those who act at once: the deletion waits for the task, and takes it along
  const deletion = await db.transaction(async (tx) => {
    await ExecutionRepository.create(tx, input({ workflow_task: task(run), parent: execution }));
    const deleting = database.open().run(sql`delete from workflow_execution where id = ${run}`);
    await until('the deletion waits', () =>
      db.maybe(
        sql`select from pg_stat_activity where wait_event_type = 'Lock' and query like 'delete from workflow_execution%'`,
      ),
    );
    return { deleting };
  });
  expect(await deletion.deleting).toBe(1);
  expect(await ExecutionRepository.findByWorkflowExecution(db, run)).toEqual([]);
});

test('deleting a workflow execution deletes its tasks and what they started, and no others', async () => {
  await using database = await freshDatabase();
  const { db } = database;
  const [outer, other] = [await workflowRun(db), await workflowRun(db)];
  const create = (run: Id, parent: Id) => ExecutionRepository.create(db, input({ parent, workflow_task: task(run) }));
  const nestedTask = await create(outer.run, outer.execution);
  const kept = await create(other.run, other.execution);
  const { id: nested } = await db.one<{ id: Id }>(sql`
    insert into workflow_execution (execution, workflow_def, task_graph)
    select ${nestedTask.id}, workflow_def, '{}' from workflow_execution where id = ${outer.run} returning id`);
  await create(nested, nestedTask.id);

  await db.run(sql`delete from workflow_execution where id = ${outer.run}`);
  expect((await db.many<{ id: Id }>(sql`select id from execution order by id`)).map(({ id }) => id)).toEqual([
    outer.execution,
    other.execution,
    kept.id,
  ]);
  expect((await db.many<{ id: Id }>(sql`select id from workflow_execution`)).map(({ id }) => id)).toEqual([other.run]);
});
