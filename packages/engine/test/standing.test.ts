import { standingReasons, type ExecutionStatus, type Id, type Standing } from '@attune/core';
import { executionQueue, leases, sql, type Database, type Tx } from '@attune/db';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../testing/database.ts';
import { standingsOf } from '../src/index.ts';
import { installAction } from './support.ts';

// Rows in every combination of what a row can be, put into the table as they are: whatever a deed would or would not do with one has to
// agree with the reason that is given for it.

const statuses: ExecutionStatus[] = [
  ...(['requested', 'scheduling', 'scheduled', 'running', 'canceling'] as const),
  ...(['completed', 'failed', 'timeout', 'cancelled', 'abandoned'] as const),
];

interface Shape {
  status: ExecutionStatus;
  kind: 'action' | 'workflow';
  revision: boolean;
  runtime: 'shell' | 'python' | null;
  run_after: 'past' | 'future' | null;
  lease: 'none' | 'held' | 'run_out';
  inquiry: boolean;
  child: 'none' | 'living' | 'retry_due' | 'retry_later';
  retry: 'none' | 'due' | 'later' | 'spent';
  held: boolean;
  /** Whose run is paused; what is held without that is lost. */
  paused: 'nothing' | 'itself' | 'above';
}

const choices: { [K in keyof Shape]: readonly Shape[K][] } = {
  status: statuses,
  kind: ['action', 'workflow'],
  revision: [true, false],
  runtime: ['shell', 'python', null],
  run_after: ['past', 'future', null],
  lease: ['none', 'held', 'run_out'],
  inquiry: [false, true],
  child: ['none', 'living', 'retry_due', 'retry_later'],
  retry: ['none', 'due', 'later', 'spent'],
  held: [false, true],
  paused: ['nothing', 'itself', 'above'],
};

/** What can exist of all combinations: what the engine, an older system or an outsider by the founding document may write. */
function canExist(shape: Shape): boolean {
  const { status, kind, revision, runtime, run_after, lease, inquiry, child, retry, held, paused } = shape;
  const waits = status === 'requested' || status === 'scheduling' || status === 'scheduled';
  const runs = status === 'running' || status === 'canceling';
  if (!waits && run_after === 'future') return false;
  if (kind === 'workflow' && (runtime !== null || lease !== 'none' || inquiry || status === 'scheduled')) return false;
  if (held && status !== 'requested' && status !== 'scheduling' && (waits || runs || retry === 'none')) return false;
  if (held && paused === 'itself') return false;
  if (paused === 'above' && !held && !runs && (waits || retry !== 'none')) return false;
  if (kind === 'action' && (child !== 'none' || paused === 'itself')) return false;
  if (!runs && (lease !== 'none' || inquiry || child !== 'none')) return false;
  if (lease !== 'none' && (!revision || runtime === null || inquiry)) return false;
  if (retry !== 'none' && (waits || runs || status === 'completed' || status === 'cancelled')) return false;
  if (!waits && !runs && retry === 'none' && paused !== 'nothing') return false;
  return revision || (run_after === null && !held);
}

function everyShape(): Shape[] {
  let shapes: Partial<Shape>[] = [{}];
  for (const [key, values] of Object.entries(choices)) {
    shapes = shapes.flatMap((shape) => (values as readonly unknown[]).map((value) => ({ ...shape, [key]: value })));
  }
  return (shapes as Shape[]).filter(canExist);
}

const shapes = everyShape();
const rows = new Map<Id, Shape>();
let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await freshDatabase();
  ({ db } = database);
  await installAction(db, { ref: 'test.do' });
  await db.run(sql`
    insert into workflow_definition (ref, pack, pack_ref, label, version, definition)
    select 'test.flow', id, ref, 'Flow', '1.0.0', '{}' from pack`);
  await db.run(sql`insert into worker (name, worker_type, status) values ('w', 'local', 'inactive')`);
  for (const shape of shapes) rows.set(await put(shape), shape);
});
afterAll(() => database[Symbol.asyncDispose]());

const due = {
  due: "now() - interval '1 minute'",
  later: "now() + interval '1 hour'",
  spent: "now() - interval '1 minute'",
};

/** A row of that shape, with what is above and below it. */
async function put(shape: Shape): Promise<Id> {
  const top = shape.paused === 'above' ? await run(await insert({ status: 'running', kind: 'workflow' }), true) : null;
  const id = await insert({ ...shape, parent: top?.execution ?? null, retryOf: shape.retry });
  if (shape.held) await db.run(sql`update execution set held = true where id = ${id}`);
  if (shape.kind === 'workflow') await run(id, shape.paused === 'itself');
  if (shape.inquiry) await db.run(sql`insert into inquiry (execution, prompt) values (${id}, 'Go on?')`);
  if (shape.child === 'living') await insert({ status: 'running', kind: 'action', parent: id });
  if (shape.child === 'retry_due') await insert({ status: 'failed', kind: 'action', parent: id, retryOf: 'due' });
  if (shape.child === 'retry_later') await insert({ status: 'failed', kind: 'action', parent: id, retryOf: 'later' });
  return id;
}

interface Inserted extends Partial<Omit<Shape, 'paused' | 'child' | 'retry'>> {
  status: ExecutionStatus;
  kind: Shape['kind'];
  parent?: Id | null;
  retryOf?: Shape['retry'];
}

async function insert(row: Inserted): Promise<Id> {
  const at = { past: "now() - interval '1 second'", future: "now() + interval '1 hour'" };
  const lease = { held: "now() + interval '1 hour'", run_out: "now() - interval '1 second'" };
  const sqlOf = (text: string | undefined) => sql.raw(text ?? 'null');
  const { retryOf = 'none', runtime = null, revision = true } = row;
  const { id } = await db.one<{ id: Id }>(sql`
    insert into execution (action_ref, status, parent, workflow_def, runtime, revision, run_after, worker, lease_token,
      lease_until, workflow_task)
    select ${retryOf === 'none' ? 'old.gone' : 'test.do'}, ${row.status}::execution_status_enum, ${row.parent ?? null}::bigint,
      ${sqlOf(row.kind === 'workflow' ? '(select id from workflow_definition)' : undefined)}, ${runtime}::text,
      ${sqlOf(revision ? '(select revision from action)' : undefined)},
      ${sqlOf(row.run_after ? at[row.run_after] : undefined)},
      ${sqlOf(row.lease === undefined || row.lease === 'none' ? undefined : '(select min(id) from worker)')},
      ${sqlOf(row.lease === undefined || row.lease === 'none' ? undefined : 'gen_random_uuid()')},
      ${sqlOf(row.lease === undefined || row.lease === 'none' ? undefined : lease[row.lease])}, null
    returning id`);
  if (retryOf !== 'none') await waitForRetry(id, retryOf);
  return id;
}

/** As a row of an older system holds it: without a visit, so that the documented query alone decides. */
async function waitForRetry(id: Id, retry: 'due' | 'later' | 'spent'): Promise<void> {
  const { workflow_execution } = await run(await insert({ status: 'completed', kind: 'workflow' }), false);
  await db.run(sql`
    update execution set workflow_task = jsonb_build_object('workflow_execution', ${workflow_execution}::bigint,
      'task_name', 't', 'task_index', null, 'task_batch', null, 'retry_count', ${retry === 'spent' ? 1 : 0}::int,
      'max_retries', 1, 'next_retry_at', attune.instant(${sql.raw(due[retry])}), 'timeout_seconds', null,
      'timed_out', false, 'duration_ms', null, 'started_at', null, 'completed_at', null)
    where id = ${id}`);
}

async function run(execution: Id, paused: boolean): Promise<{ execution: Id; workflow_execution: Id }> {
  const { id } = await db.one<{ id: Id }>(sql`
    insert into workflow_execution (execution, workflow_def, task_graph, paused, pause_reason)
    select ${execution}, id, '{}', ${paused}, ${paused ? 'lunch' : null}::text from workflow_definition returning id`);
  return { execution, workflow_execution: id };
}

/** What is alive around the rows. */
interface World {
  name: string;
  workers: string[][];
  executor: boolean;
  supervisor: boolean;
}

const worlds: World[] = [
  { name: 'nothing is alive', workers: [], executor: false, supervisor: false },
  { name: 'all that is needed is alive', workers: [['shell', 'native'], ['python']], executor: true, supervisor: true },
  { name: 'one runtime is missing', workers: [['shell']], executor: true, supervisor: false },
];

async function make(world: World): Promise<void> {
  await db.run(sql`delete from service`);
  await db.run(sql`update worker set status = 'inactive'`);
  for (const [index, runtimes] of world.workers.entries()) {
    await db.run(sql`
      insert into worker (name, worker_type, status, runtimes, last_heartbeat)
      values (${`w${index}`}, 'local', 'active', ${runtimes}::text[], now())`);
  }
  for (const service of ['executor', 'supervisor'] as const) {
    if (world[service]) {
      await db.run(sql`
        insert into service (instance, service, name, host, pid, version)
        values (gen_random_uuid(), ${service}, 'x', 'h', 1, '1')`);
    }
  }
}

describe.each(worlds)('while $name', (world) => {
  let standings: Map<Id, Standing>;
  beforeAll(async () => {
    await make(world);
    standings = await standingsOf(db, [...rows.keys()]);
  });

  const having = (...reasons: Standing['reason'][]): Id[] =>
    [...rows.keys()].filter((id) => reasons.includes(standings.get(id)?.reason ?? 'ended')).sort(byNumber);
  const claimAll = (tx: Tx, runtimes: readonly string[]) =>
    executionQueue.claimScheduled(
      tx,
      '1',
      runtimes.map((runtime) => ({ runtime, after: null })),
      100_000,
    );
  const rolledBack = async (look: (tx: Database) => Promise<{ id: Id }[]>): Promise<Id[]> => {
    let found: { id: Id }[] = [];
    await expect(
      db.transaction(async (tx) => {
        found = await look(tx as Database);
        throw new Error('enough');
      }),
    ).rejects.toThrow('enough');
    return found
      .map((row) => row.id)
      .filter((id) => rows.has(id))
      .sort(byNumber);
  };

  test('every row has one reason of the list, and a sentence', () => {
    expect(standings.size).toBe(rows.size);
    for (const { reason, message } of standings.values()) {
      expect(Object.keys(standingReasons)).toContain(reason);
      expect(message.length).toBeGreaterThan(10);
    }
  });

  test('a worker takes what is said to wait for its slot, and nothing else', async () => {
    const runtimes = world.workers.flat();
    expect(await rolledBack((tx) => claimAll(tx, runtimes))).toEqual(having('waiting_for_worker_slot'));
  });

  test('another worker would take what no living one can', async () => {
    expect(await rolledBack((tx) => claimAll(tx, ['shell', 'python']))).toEqual(
      having('waiting_for_worker_slot', 'no_worker_has_runtime', 'no_worker_alive'),
    );
  });

  test('what is not due yet becomes what is due, and nothing else does', async () => {
    const later = await rolledBack(async (tx) => {
      const before = await executionQueue.beginDue(tx, 100_000, '0');
      await tx.run(sql`update execution set run_after = now() where run_after > now()`);
      const begun = await executionQueue.beginDue(tx, 100_000, '0');
      const claimed = await claimAll(tx, ['shell', 'python']);
      return [...claimed, ...begun.filter((one) => !before.some(({ id }) => id === one.id))];
    });
    expect(later).toEqual(
      having('waiting_for_worker_slot', 'no_worker_has_runtime', 'no_worker_alive', 'delayed_until'),
    );
  });

  test('a supervisor takes what is said to have lost its worker', async () => {
    expect(await rolledBack((tx) => leases.expired(tx, { limit: 100_000, after: '0', beyond: false }))).toEqual(
      having(world.supervisor ? 'worker_lost' : 'no_supervisor_alive'),
    );
  });

  test('an executor admits, and makes the attempts that are due, of what is said to wait for it', async () => {
    const waits = having(world.executor ? 'not_admitted' : 'no_executor_alive');
    const admitted = await rolledBack(async (tx) => {
      await executionQueue.admitWaiting(tx, 100_000);
      const begun = await executionQueue.beginDue(tx, 100_000, '0');
      const scheduled = await tx.many<{ id: Id }>(sql`select id from execution where status = 'scheduled'`);
      return [...begun, ...scheduled.filter(({ id }) => rows.get(id)?.status !== 'scheduled')];
    });
    const retried = await rolledBack((tx) => executionQueue.retryDue(tx, 100_000, '0'));
    const ofChildren = waits.filter((id) => rows.get(id)?.child === 'retry_due');
    expect([...admitted, ...retried, ...ofChildren].sort(byNumber)).toEqual(waits);
  });

  test('nothing that is paused is taken by anybody', () => {
    for (const id of having('paused')) expect(rows.get(id)?.paused).not.toBe('nothing');
    expect(having('paused').length).toBeGreaterThan(0);
  });

  test('only rows that name no definition or no runtime wait for ever', () => {
    for (const id of having('revision_missing')) {
      const shape = rows.get(id);
      expect(shape?.revision === false || shape?.runtime === null || shape?.run_after === null).toBe(true);
    }
  });
});

test('every reason is given for some row', async () => {
  const given = new Set<string>();
  for (const world of worlds) {
    await make(world);
    for (const { reason } of (await standingsOf(db, [...rows.keys()])).values()) given.add(reason);
  }
  expect([...given].sort()).toEqual(Object.keys(standingReasons).sort());
});

const byNumber = (a: Id, b: Id): number => Number(a) - Number(b);
