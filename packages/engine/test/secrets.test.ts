import { sql, openDatabase } from '@attune/db';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import { record } from '../src/index.ts';
import { flow, playOut, registerTestPack, runOf, startFlow } from './play.ts';
import { request } from './support.ts';

const canary = 'hunter2-canary';

/** Reversible, and nothing of the text is left in it. */
const vault = {
  seal: (text: string) => `v:${Buffer.from(text).toString('hex')}`,
  open: (envelope: string) => Buffer.from(envelope.slice(2), 'hex').toString(),
};

const secretAction = {
  'actions/login.yaml':
    'ref: test.login\nentry_point: do.sh\nparameters: { user: { type: string }, password: { type: string, secret: true } }\n',
  'triggers/asked.yaml': 'ref: test.asked\n',
  'rules/answer.yaml': `ref: answer
trigger_ref: asked
action_ref: login
action_params: { user: me, password: "{{ event.headers.secret }}" }
`,
};

test('a secret parameter stands in no row in clear, whichever road it came', async () => {
  await using fresh = await freshDatabase();
  const db = openDatabase(fresh.url, { vault });
  try {
    await registerTestPack(db, {
      ...secretAction,
      ...flow(
        `
version: 1.0.0
tasks:
  - { name: login, action: test.login, input: { user: me, password: "{{ parameters.password }}" }, retry: { count: 1, delay: 0 } }
`,
        'parameters: { password: { type: string, secret: true } }\n',
      ),
    });
    await request(db, 'test.login', { user: 'me', password: canary });
    const run = await startFlow(db, { password: canary });
    const seen: unknown[] = [];
    const order = await playOut(db, (config, { attempt, action_ref }) => {
      seen.push(config);
      return action_ref === 'test.login' && attempt === 1 && seen.length === 2
        ? { kind: 'failed', result: { succeeded: false } }
        : {};
    });
    expect(order).toEqual(['test.login', 'login', 'login/2']);
    expect((await runOf(db, run)).status).toBe('completed');
    const stored = await db.many<{ row: string }>(sql`
      select to_jsonb(e)::text as row from execution e
      union all select to_jsonb(w)::text from workflow_execution w
      union all select to_jsonb(s)::text from workflow_step s
      union all select to_jsonb(r)::text from revision r`);
    expect(stored.length).toBeGreaterThan(5);
    for (const { row } of stored) expect(row).not.toContain(canary);
    // a worker that opens them has what was given
    for (const config of seen) expect(config).toMatchObject({ user: 'me' });
  } finally {
    await db.close();
  }
});

test("a secret that a rule renders stands neither in the enforcement's row nor in the execution's", async () => {
  await using fresh = await freshDatabase();
  const db = openDatabase(fresh.url, { vault });
  try {
    await registerTestPack(db, secretAction);
    await record(db, { trigger_ref: 'test.asked', payload: {}, headers: { secret: canary } });
    expect(await playOut(db)).toEqual(['test.login']);
    const rows = await db.many<{ row: string }>(sql`
      select to_jsonb(n)::text as row from enforcement n union all select to_jsonb(e)::text from execution e`);
    expect(rows).toHaveLength(2);
    for (const { row } of rows) expect(row).not.toContain(canary);
  } finally {
    await db.close();
  }
});

test('a process without the key keeps no secret and says why', async () => {
  await using fresh = await freshDatabase();
  await registerTestPack(fresh.db, secretAction);
  await expect(request(fresh.db, 'test.login', { password: canary })).rejects.toThrow(/without the secret key/);
});
