import { openSecrets, type JsonObject } from '@attune/core';
import { inquiries, sql, type Database, type Inquiry } from '@attune/db';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import {
  abandonWorker,
  cancel,
  claim,
  expireInquiries,
  finish,
  renew,
  rescue,
  respond,
  type ClaimedExecution,
} from '../src/index.ts';
import { registerCore } from '../../../testing/core-pack.ts';
import { flow, playOut, registerTestPack, runOf, startFlow } from './play.ts';
import { installAction, installWorker, letLeasesRunOut, request, rowsOf } from './support.ts';

const unexpected = (_: string, error: unknown): never => {
  throw error instanceof Error ? error : new Error(String(error));
};

const identity = async (db: Database, login: string): Promise<string> =>
  (await db.one<{ id: string }>(sql`insert into identity (login) values (${login}) returning id`)).id;

const onlyInquiry = async (db: Database): Promise<Inquiry> => {
  const [first, ...others] = await db.many<{ id: string }>(sql`select id from inquiry`);
  expect(others).toEqual([]);
  return (await inquiries.find(db, first?.id ?? '')) as Inquiry;
};

const gate = flow(
  `
version: 1.0.0
tasks:
  - name: gate
    action: core.ask
    input:
      prompt: "Patch {{ parameters.count }} hosts?"
      assigned_to: "{{ parameters.officer }}"
      response_schema:
        go: { type: boolean, required: true }
        note: { type: string, default: none }
    timeout: 60
    next:
      - { when: succeeded() and result().response.go, publish: [ { note: "{{ result().response.note }}" } ], do: [patch] }
      - { when: succeeded() and not result().response.go, do: [report] }
      - { when: timed_out(), do: [escalate] }
  - { name: patch, action: test.do }
  - { name: report, action: test.do }
  - { name: escalate, action: test.do }
output_map: { note: "{{ get(workflow, 'note', null) }}" }
`,
  'parameters: { count: { type: integer, default: 3 }, officer: { type: string } }\n',
);

async function asking(db: Database, parameters: JsonObject = {}): Promise<{ id: string; by: string }> {
  await registerCore(db);
  await registerTestPack(db, gate);
  const by = await identity(db, 'anna');
  return { id: await startFlow(db, { officer: 'anna', ...parameters }), by };
}

test('core.ask reaches no worker: a question is put, and the answer lets the workflow go on', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  const { id, by } = await asking(db);
  expect(await playOut(db)).toEqual([]);
  const inquiry = await onlyInquiry(db);
  expect(inquiry).toMatchObject({
    prompt: 'Patch 3 hosts?',
    assigned_to: by,
    status: 'pending',
    response_schema: { go: { type: 'boolean', required: true }, note: { type: 'string', default: 'none' } },
  });
  expect(await rowsOf(db, 'core.ask')).toMatchObject([{ status: 'running', lease_token: null }]);
  expect(await respond(db, { inquiry: inquiry.id, response: { go: true }, by })).toEqual({ kind: 'responded' });
  expect(await onlyInquiry(db)).toMatchObject({
    status: 'responded',
    responded_by: by,
    response: { go: true, note: 'none' },
  });
  expect(await rowsOf(db, 'core.ask')).toMatchObject([
    { status: 'completed', result: { response: { go: true, note: 'none' } } },
  ]);
  expect(await playOut(db)).toEqual(['patch']);
  expect(await runOf(db, id)).toMatchObject({ status: 'completed', result: { note: 'none' } });
});

test('an answer that does not fit is refused field by field, and the question stays', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  const { by } = await asking(db);
  const { id: inquiry } = await onlyInquiry(db);
  const refused = async (response: JsonObject | boolean) => {
    const answer = await respond(db, { inquiry, response, by });
    if (answer.kind !== 'invalid') throw new Error(`It was ${answer.kind}`);
    return answer.problems.map((problem) => problem.pointer);
  };
  expect(await refused({})).toEqual(['/response/go']);
  expect(await refused({ go: 'yes' })).toEqual(['/response/go']);
  expect(await refused({ go: true, notes: '' })).toEqual(['/response/notes']);
  expect(await refused(true)).toEqual(['/response']);
  expect(await onlyInquiry(db)).toMatchObject({ status: 'pending', response: null });
  expect(await respond(db, { inquiry, response: { go: false }, by })).toEqual({ kind: 'responded' });
  expect(await playOut(db)).toEqual(['report']);
});

test('a question that nobody answered in time takes the timed_out() branch, and an answer comes too late', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  const { id, by } = await asking(db);
  expect(await expireInquiries(db, unexpected)).toBe(0);
  const seconds = await inquiries.nextDeadlineSeconds(db);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(60);
  await db.run(sql`update inquiry set timeout_at = now() - interval '1 second'`);
  const { id: inquiry } = await onlyInquiry(db);
  expect(await respond(db, { inquiry, response: { go: true }, by })).toMatchObject({ kind: 'not_pending' });
  expect(await expireInquiries(db, unexpected)).toBe(1);
  expect(await expireInquiries(db, unexpected)).toBe(0);
  expect(await respond(db, { inquiry, response: { go: true }, by })).toMatchObject({
    kind: 'not_pending',
    inquiry: { status: 'timeout' },
  });
  expect(await rowsOf(db, 'core.ask')).toMatchObject([
    { status: 'timeout', workflow_task: { timed_out: true }, result: { succeeded: false } },
  ]);
  expect(await playOut(db)).toEqual(['escalate']);
  expect((await runOf(db, id)).status).toBe('completed');
});

test('of answers that come at once the first counts, and the other is told which', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  const { by } = await asking(db);
  const { id: inquiry } = await onlyInquiry(db);
  const answers = await Promise.all(
    [true, false, true, false].map((go) => respond(fresh.open(), { inquiry, response: { go }, by })),
  );
  expect(answers.map((answer) => answer.kind).sort()).toEqual([
    'not_pending',
    'not_pending',
    'not_pending',
    'responded',
  ]);
  const { response } = await onlyInquiry(db);
  for (const answer of answers) {
    if (answer.kind === 'not_pending') expect(answer.inquiry).toMatchObject({ status: 'responded', response });
  }
  expect(await playOut(db)).toHaveLength(1);
});

test('an answer and the deadline come at once: one of them counts', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  const { by } = await asking(db);
  const { id: inquiry } = await onlyInquiry(db);
  await db.run(sql`update inquiry set timeout_at = clock_timestamp() + interval '30 milliseconds'`);
  const overdue = async () => {
    for (;;) if ((await expireInquiries(db, unexpected)) > 0 || (await onlyInquiry(db)).status !== 'pending') return;
  };
  const [answer] = await Promise.all([respond(fresh.open(), { inquiry, response: { go: true }, by }), overdue()]);
  const { status } = await onlyInquiry(db);
  expect(status).toBe(answer.kind === 'responded' ? 'responded' : 'timeout');
  expect(await playOut(db)).toEqual([answer.kind === 'responded' ? 'patch' : 'escalate']);
});

test('core.ask by itself waits for an answer, without a deadline and for any JSON value', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerCore(db);
  const by = await identity(db, 'anna');
  const { id } = await request(db, 'core.ask');
  expect(await onlyInquiry(db)).toMatchObject({ prompt: 'An answer is needed', assigned_to: null, timeout_at: null });
  const inquiry = await onlyInquiry(db);
  expect(await respond(db, { inquiry: inquiry.id, response: null, by })).toEqual({ kind: 'responded' });
  expect(await runOf(db, id)).toMatchObject({ status: 'completed', result: { response: null } });
});

test('a question to nobody, or with a schema that is none, fails and names the field', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  const { id } = await asking(db, { officer: 'nobody' });
  expect((await runOf(db, id)).status).toBe('failed');
  expect(await rowsOf(db, 'core.ask')).toMatchObject([
    { status: 'failed', result: { error: { details: [{ pointer: '/assigned_to' }] } } },
  ]);
  await request(db, 'core.ask', { response_schema: { go: { type: 'bool' } } });
  expect((await rowsOf(db, 'core.ask'))[1]).toMatchObject({
    status: 'failed',
    result: { error: { details: [{ pointer: '/response_schema/go/type' }] } },
  });
  expect(await db.many(sql`select id from inquiry`)).toEqual([]);
});

/** Reversible, and nothing of the text is left in it. */
const vault = {
  seal: (text: string) => `v:${Buffer.from(text).toString('hex')}`,
  open: (envelope: string) => Buffer.from(envelope.slice(2), 'hex').toString(),
};

test('a secret in an answer stands in no row in clear, and reaches the secret parameter it is meant for', async () => {
  await using fresh = await freshDatabase();
  const db = fresh.open({ vault });
  await registerCore(db);
  await registerTestPack(db, {
    ...flow(`
version: 1.0.0
tasks:
  - name: gate
    action: core.ask
    input: { response_schema: { pin: { type: string, secret: true } } }
    next: [ { do: [login] } ]
  - { name: login, action: test.login, input: { pin: "{{ task.gate.response.pin }}" } }
`),
    'actions/login.yaml': 'ref: test.login\nentry_point: do.sh\nparameters: { pin: { type: string, secret: true } }\n',
  });
  const by = await identity(db, 'anna');
  const id = await startFlow(db);
  const { id: inquiry } = await onlyInquiry(db);
  await respond(db, { inquiry, response: { pin: 'hunter2-canary' }, by });
  let given: JsonObject = {};
  await playOut(db, (config) => {
    given = openSecrets(config, vault);
    return {};
  });
  expect(given).toEqual({ pin: 'hunter2-canary' });
  expect((await runOf(db, id)).status).toBe('completed');
  const stored = await db.many<{ row: string }>(sql`
    select to_jsonb(e)::text as row from execution e union all select to_jsonb(w)::text from workflow_execution w
    union all select to_jsonb(s)::text from workflow_step s union all select to_jsonb(q)::text from inquiry q`);
  for (const { row } of stored) expect(row).not.toContain('hunter2-canary');
});

test('an answer cannot pretend to be sealed', async () => {
  await using fresh = await freshDatabase();
  const db = fresh.open({ vault });
  await registerCore(db);
  await registerTestPack(
    db,
    flow(`
version: 1.0.0
tasks:
  - { name: gate, action: core.ask, next: [ { publish: [ { got: "{{ result().response }}" } ] } ] }
output_map: { got: "{{ got }}" }
`),
  );
  const by = await identity(db, 'anna');
  const id = await startFlow(db);
  const { id: inquiry } = await onlyInquiry(db);
  await respond(db, { inquiry, response: { $attune_sealed: vault.seal('"stolen"') }, by });
  await playOut(db);
  expect(JSON.stringify((await runOf(db, id)).result)).not.toContain('stolen');
});

test('a delayed question is put when it is due', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerCore(db);
  await registerTestPack(db, flow('version: 1.0.0\ntasks:\n  - { name: gate, action: core.ask, delay: 3600 }\n'));
  await startFlow(db);
  expect(await playOut(db)).toEqual([]);
  expect(await rowsOf(db, 'core.ask')).toMatchObject([{ status: 'requested', started_at: null }]);
  await db.run(sql`update execution set run_after = now() where action_ref = 'core.ask'`);
  await playOut(db);
  expect(await onlyInquiry(db)).toMatchObject({ status: 'pending' });
});

test('a question that timed out is put again where the task is retried', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerCore(db);
  await registerTestPack(
    db,
    flow('version: 1.0.0\ntasks:\n  - { name: gate, action: core.ask, timeout: 60, retry: { count: 1, delay: 0 } }\n'),
  );
  await startFlow(db);
  await db.run(sql`update inquiry set timeout_at = now() - interval '1 second'`);
  await expireInquiries(db, unexpected);
  await playOut(db);
  expect(await db.many(sql`select status from inquiry order by id`)).toEqual([
    { status: 'timeout' },
    { status: 'pending' },
  ]);
});

test('a single question that is cancelled ends at once', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  const { id } = await asking(db);
  const inquiry = await onlyInquiry(db);
  expect(await cancel(db, inquiry.execution)).toEqual({ kind: 'cancelled', status: 'cancelled' });
  expect(await onlyInquiry(db)).toMatchObject({ status: 'cancelled' });
  expect((await runOf(db, id)).status).toBe('cancelled');
});

// An action that asks --------------------------------------------------------------------------------------------------------

async function claimOne(db: Database): Promise<{ worker: string; one: ClaimedExecution }> {
  const worker = await installWorker(db, crypto.randomUUID());
  const [one] = await claim(db, { worker, runtimes: ['shell'], limit: 1 });
  if (one === undefined) throw new Error('nothing was claimed');
  return { worker, one };
}

const report = (db: Database, one: ClaimedExecution, data: JsonObject) =>
  finish(db, {
    execution: one.id,
    lease_token: one.lease_token,
    outcome: { kind: 'succeeded', result: { exit_code: 0, duration_ms: 5, succeeded: true, data } },
  });

test('an action that returns __inquiry really waits: it has no worker any more, and completes with the answer', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await registerTestPack(
    db,
    flow(`
version: 1.0.0
tasks:
  - { name: plan, action: test.do, next: [ { when: result().response == "yes" and result().size == 3, do: [use] } ] }
  - { name: use, action: test.do }
`),
  );
  const by = await identity(db, 'anna');
  const id = await startFlow(db);
  const { worker, one } = await claimOne(db);
  const data = { size: 3, __inquiry: { prompt: 'Go?', assigned_to: 'anna', timeout_seconds: 60 } };
  expect(await report(db, one, data)).toBe('recorded');
  expect(await report(db, one, data)).toBe('recorded'); // the same report twice
  expect(await onlyInquiry(db)).toMatchObject({ execution: one.id, prompt: 'Go?', assigned_to: by, status: 'pending' });

  // nobody holds it: it is neither renewed nor rescued, nor given up by its worker
  const lease = { execution: one.id, lease_token: one.lease_token };
  expect(await renew(db, { worker, leases: [lease] })).toEqual([{ execution: one.id, state: 'lost', renewed: false }]);
  await letLeasesRunOut(db);
  expect(await rescue(db, unexpected)).toBe(0);
  expect(await abandonWorker(db, worker, unexpected)).toBe(0);
  expect((await runOf(db, one.id)).status).toBe('running');

  const { id: inquiry } = await onlyInquiry(db);
  await respond(db, { inquiry, response: 'yes', by });
  expect((await runOf(db, one.id)).result).toEqual({
    exit_code: 0,
    duration_ms: 5,
    succeeded: true,
    data: { size: 3 },
    response: 'yes',
    __inquiry_id: inquiry,
  });
  expect(await report(db, one, data)).toBe('recorded');
  expect(await playOut(db)).toEqual(['use']);
  expect((await runOf(db, id)).status).toBe('completed');
});

test('what is no question fails the action, naming the field, and keeps what it answered', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await installAction(db, { ref: 'test.run' });
  await request(db, 'test.run');
  const { one } = await claimOne(db);
  expect(await report(db, one, { size: 3, __inquiry: { prompt: 'Go?', timeout_seconds: 'soon' } })).toBe('recorded');
  const { status, result } = await runOf(db, one.id);
  expect(status).toBe('failed');
  expect(result).toMatchObject({
    succeeded: false,
    data: { size: 3 },
    details: [{ pointer: '/data/__inquiry/timeout_seconds' }],
  });
  expect(result?.['error']).toMatch(/"timeout_seconds" must be an integer/);
  expect(await db.many(sql`select id from inquiry`)).toEqual([]);
});

test('an action that was being cancelled asks nobody', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await installAction(db, { ref: 'test.run' });
  const { id } = await request(db, 'test.run');
  const { one } = await claimOne(db);
  await cancel(db, id);
  expect(await report(db, one, { __inquiry: { prompt: 'Go?' } })).toBe('recorded');
  expect((await runOf(db, id)).status).toBe('cancelled');
  expect(await db.many(sql`select id from inquiry`)).toEqual([]);
});

test('a late report of an abandoned attempt asks nobody', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await installAction(db, { ref: 'test.run' });
  await request(db, 'test.run');
  const { one } = await claimOne(db);
  await letLeasesRunOut(db);
  await rescue(db, unexpected);
  expect(await report(db, one, { __inquiry: {} })).toBe('refused');
  expect(await db.many(sql`select id from inquiry`)).toEqual([]);
});

test('the question of an action times out like any, and keeps what the action answered', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  await installAction(db, { ref: 'test.run' });
  await request(db, 'test.run');
  const { one } = await claimOne(db);
  await report(db, one, { size: 3, __inquiry: { timeout_seconds: 60 } });
  await db.run(sql`update inquiry set timeout_at = now() - interval '1 second'`);
  expect(await expireInquiries(db, unexpected)).toBe(1);
  expect(await runOf(db, one.id)).toMatchObject({ status: 'timeout', result: { succeeded: false, data: { size: 3 } } });
});
