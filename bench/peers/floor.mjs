import pg from 'pg';
import { monotonicMs } from '../run/clock.mjs';
import { inLanes } from '../run/wait.mjs';

/** What bare statements reach that keep every row with its result: no retries, no events, no rules. A bound, not a rival. */
const table = `
  create table task (
    id bigint generated always as identity primary key, run bigint, status text not null, input jsonb, result jsonb,
    created timestamptz not null default now(), updated timestamptz
  ) with (fillfactor = 80);
  create index task_ready on task (id) where status = 'requested'`;

const statements = {
  insert: `insert into task (run, status, input) values (1, $1, '{"n": 1}') returning id`,
  insertMany: `insert into task (run, status, input) select 1, 'requested', i::jsonb from unnest($1::text[]) i`,
  announce: `with made as (insert into task (run, status, input) values (1, 'requested', '{"n": 1}') returning id)
    select pg_notify('task', id::text) from made`,
  claimOne: `update task set status = 'running', updated = now() where id = (
    select id from task where status = 'requested' order by id limit 1 for update skip locked) returning id`,
  claimNext: `with ended as (
      update task set status = 'completed', result = f.result::jsonb, updated = now()
      from unnest($1::bigint[], $2::text[]) f(id, result) where task.id = f.id),
    next as (select id from task where status = 'requested' order by id limit $3 for update skip locked)
    update task set status = 'running', updated = now() from next where task.id = next.id returning task.id`,
  step: `with ended as (update task set status = 'completed', result = '{"ok": true}', updated = now() where id = $1)
    insert into task (run, status, input) values (1, 'running', '{"n": 1}') returning id`,
  start: `update task set status = 'running', updated = now() where id = $1`,
  end: `update task set status = 'completed', result = '{"ok": true}', updated = now() where id = $1`,
};

const claimed = 500;
const claimers = 2;

export async function open(connectionString, tell) {
  const pool = new pg.Pool({ connectionString, max: 20 });
  const run = (name, values = []) => pool.query({ name, text: statements[name], values });
  const idOf = async (answer) => (await answer).rows[0].id;
  let listener;

  const inOneCommitEach = async (count) => {
    let id = await idOf(run('insert', ['running']));
    for (let n = 1; n < count; n++) id = await idOf(run('step', [id]));
    await run('end', [id]);
  };
  const inThreeCommitsEach = async (count) => {
    for (let n = 0; n < count; n++) {
      const id = await idOf(run('insert', ['requested']));
      await run('start', [id]);
      await run('end', [id]);
    }
  };
  const drain = async () => {
    let ids = [];
    for (let first = true; first || ids.length > 0; first = false) {
      const { rows } = await run('claimNext', [ids, ids.map(() => '{"ok": true}'), claimed]);
      ids = rows.map(({ id }) => id);
    }
  };

  return {
    prepare: () => pool.query(table),
    async enqueue({ count, callers, batch }) {
      const started = monotonicMs();
      await inLanes(Math.ceil(count / batch), callers, (n) =>
        batch === 1
          ? run('insert', ['requested'])
          : run('insertMany', [Array.from({ length: Math.min(batch, count - n * batch) }, (_, i) => `{"n": ${i}}`)]),
      );
      return monotonicMs() - started;
    },
    async enqueueOne() {
      const asked = monotonicMs();
      await run('announce');
      return asked;
    },
    /** A worker that is told by NOTIFY and claims, or one that empties the queue. */
    async work({ setting }) {
      if (setting === 'latency') {
        listener = await pool.connect();
        listener.on('notification', async () => {
          await run('claimOne');
          tell('begun', monotonicMs());
        });
        await listener.query('listen task');
        return;
      }
      tell('first', monotonicMs());
      void Promise.all(Array.from({ length: claimers }, drain)).then(() => tell('all'));
    },
    launch: async () => {},
    async steps({ workflows, count, lanes, commits }) {
      const each = [];
      const started = monotonicMs();
      await inLanes(workflows, lanes, async () => {
        const begun = monotonicMs();
        await (commits === 1 ? inOneCommitEach : inThreeCommitsEach)(count);
        each.push(monotonicMs() - begun);
      });
      return { each, all: monotonicMs() - started };
    },
    async left() {
      const { rows } = await pool.query(`select count(*)::int as left from task where status <> 'completed'`);
      return rows[0].left;
    },
    async close() {
      listener?.release(true);
      await pool.end();
    },
  };
}
