import { sql, type Tx } from '@attune/db';
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { attemptProcesses } from '../attempt-processes.ts';
import { checks, violationsIn, type CheckName } from './checks/index.ts';
import type { Evidence, ExecutionFact } from './evidence.ts';
import { flows, type Operation } from './operation.ts';
import { play, type Remains } from './play.ts';
import type { Postgres } from './postgres.ts';

/** Something that is broken on purpose in what a run left, and the check that has to see it. */
interface Sabotage {
  name: string;
  check: CheckName;
  /** Done in a transaction that is rolled back. What it does to files it undoes by what it returns. */
  deed: (tx: Tx, evidence: Evidence, remains: Remains) => Promise<(() => void) | undefined>;
  /** Done to the evidence where the thing itself cannot be done to a run that is over. */
  alter?: (evidence: Evidence, remains: Remains) => Promise<void> | void;
}

/** One of everything, and nothing that disturbs it. */
const operations: Operation[] = [
  ...flows.map((flow, index): Operation => {
    return { at: index * 20, key: `p-${flow}`, kind: 'flow', flow, copies: 1, apart_ms: 0 };
  }),
  { at: 0, key: 'p-step', kind: 'step', action: 'step', mode: 'ok', ms: 0, copies: 2, apart_ms: 10 },
  { at: 0, key: 'p-echo', kind: 'instant', action: 'echo', exit_code: 0, copies: 2, apart_ms: 0 },
  { at: 0, key: 'p-noop', kind: 'instant', action: 'noop', exit_code: 3, copies: 1, apart_ms: 0 },
  { at: 0, key: 'p-ping', kind: 'ping', even: true, copies: 1, apart_ms: 0 },
  { at: 0, key: 'p-hook', kind: 'hook', bytes: 100, copies: 1, apart_ms: 0 },
  { at: 0, key: 'p-long', kind: 'flow', flow: 'nested', copies: 1, apart_ms: 0 },
  { at: 0, key: 'p-cancel', kind: 'cancel', of: 'p-long', after_ms: 50 },
];

/** Plays a run without faults, then breaks what it left in every way that a check knows.
 *  @returns what did not hold: a clean run that was objected to, a sabotage that nobody saw. */
export async function prove(postgres: Postgres): Promise<string[]> {
  const unseen: string[] = [];
  const { violations } = await play(postgres, {
    operations,
    async disturb() {
      await pause(1_500);
      return new Map();
    },
    async examine(remains) {
      for (const sabotage of sabotages) {
        const seen = await objectionsTo(sabotage, remains);
        if (!seen.includes(sabotage.check)) {
          unseen.push(`${sabotage.name}: '${sabotage.check}' did not object, only [${seen.join(', ')}]`);
        }
      }
    },
  });
  const proven = new Set(sabotages.map(({ check }) => check));
  return [
    ...violations.map(({ check, what }) => `The run was sound, but '${check}' objects: ${what}`),
    ...unseen,
    ...(Object.keys(checks) as CheckName[]).flatMap((check) =>
      proven.has(check) ? [] : [`Nothing proves the check '${check}'`],
    ),
  ];
}

class Undone extends Error {}

async function objectionsTo({ name, deed, alter }: Sabotage, remains: Remains): Promise<CheckName[]> {
  let seen: CheckName[] = [];
  await remains.db
    .transaction(async (tx) => {
      const before = await remains.evidence(tx);
      const undo = await deed(tx, before, remains);
      try {
        const evidence = await remains.evidence(tx);
        await alter?.(evidence, remains);
        seen = [...new Set(violationsIn(evidence).map(({ check }) => check))];
      } finally {
        undo?.();
      }
      throw new Undone();
    })
    .catch((error: unknown) => {
      if (!(error instanceof Undone)) throw new Error(`${name} could not be done`, { cause: error });
    });
  return seen;
}

const nothing = () => Promise.resolve(undefined);

/** The one execution that is meant. */
function oneOf(evidence: Evidence, wanted: (one: ExecutionFact) => boolean): string {
  const found = evidence.executions.find(wanted);
  if (found === undefined) throw new Error('The run has no such execution');
  return found.id;
}

const plain = (evidence: Evidence) => oneOf(evidence, (one) => one.key === 'p-step');
/** What only computes, on its own. */
const instant = (evidence: Evidence, key: 'p-echo' | 'p-noop') => oneOf(evidence, (one) => one.key === key);
const taskOf = (evidence: Evidence, task: string) =>
  oneOf(evidence, (one) => one.task === task && one.status === 'completed');

/** A second row like the first, but for some columns. */
const copyRow = (tx: Tx, table: string, id: string, changes: string): Promise<unknown> =>
  tx.list(
    sql.raw(`insert into attune.${table} select (jsonb_populate_record(t, jsonb_build_object(
      'id', nextval('attune.${table}_id_seq')) || ${changes})).* from attune.${table} t where id = ${id}`),
  );

const statement =
  (text: (evidence: Evidence) => string): Sabotage['deed'] =>
  async (tx, evidence) => {
    await tx.list(sql.raw(text(evidence)));
    return undefined;
  };

/** Replaces what stands in the trace of an execution. */
const rewrite =
  (of: (evidence: Evidence) => string, change: (text: string) => string): Sabotage['deed'] =>
  (_, evidence, { effects }) => {
    const file = join(effects, of(evidence));
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, change(before));
    return Promise.resolve(() => writeFileSync(file, before));
  };

const lastLine = (text: string) => `${text.trimEnd().split('\n').at(-1) ?? ''}\n`;

const sabotages: Sabotage[] = [
  {
    name: 'an accepted execution is deleted',
    check: 'accepted',
    deed: statement((evidence) => `delete from attune.execution where id = ${plain(evidence)}`),
  },
  {
    name: 'an accepted execution is there twice',
    check: 'accepted',
    async deed(tx, evidence) {
      await copyRow(tx, 'execution', plain(evidence), `'{}'`);
      return undefined;
    },
  },
  {
    name: 'something is there that was not accepted',
    check: 'accepted',
    deed: statement(
      (evidence) => `update attune.execution set config = config || '{"key": "p-other"}' where id = ${plain(evidence)}`,
    ),
  },
  {
    name: 'an enforcement is missing',
    check: 'enforced',
    deed: statement(() => `update attune.enforcement set event = null where rule_ref = 'faults.on_ping_even'`),
  },
  {
    name: 'an enforcement has two executions',
    check: 'enforced',
    async deed(tx, evidence) {
      await tx.list(sql.raw('drop index attune.execution_enforcement_key'));
      await copyRow(
        tx,
        'execution',
        oneOf(evidence, (one) => one.key === 'p-ping' && one.parent === null),
        `'{}'`,
      );
      return undefined;
    },
  },
  {
    name: 'an event was emitted twice',
    check: 'emitted',
    deed: async (tx, evidence) => {
      const event = evidence.events.find((one) => one.cause !== null);
      await copyRow(tx, 'event', event?.id ?? '0', `'{}'`);
      return undefined;
    },
  },
  {
    name: 'a process was started twice',
    check: 'traced',
    deed: rewrite(plain, (text) => `${text.split('\n')[0] ?? ''}\n${text}`),
  },
  {
    name: 'two processes had one token',
    check: 'traced',
    async deed(tx, evidence, remains) {
      const token = evidence.traces.find((line) => line.execution === taskOf(evidence, 'a'))?.token ?? '';
      return rewrite(plain, (text) => text.replaceAll(/ [0-9a-f-]{36} /g, ` ${token} `))(tx, evidence, remains);
    },
  },
  {
    name: 'a process ran for an execution that never started',
    check: 'traced',
    deed: statement((evidence) => `update attune.execution set started_at = null where id = ${plain(evidence)}`),
  },
  {
    name: 'a process was told another attempt',
    check: 'traced',
    deed: rewrite(plain, (text) => text.replaceAll(/ 1 (?=[0-9a-f-]{36} )/g, ' 2 ')),
  },
  {
    name: 'an action that completed did not come to its end',
    check: 'done',
    deed: rewrite(plain, (text) => text.replace(lastLine(text), '')),
  },
  {
    name: 'a log is lost',
    check: 'done',
    deed: statement((evidence) => `delete from attune.execution_log where execution = ${plain(evidence)}`),
  },
  {
    name: 'what only computes said its message twice',
    check: 'done',
    deed: statement(
      (evidence) => `insert into attune.execution_log (execution, stream, byte_offset, content)
        select execution, stream, length(content), content from attune.execution_log
        where execution = ${instant(evidence, 'p-echo')}`,
    ),
  },
  {
    name: 'what only computes and failed said nothing',
    check: 'done',
    deed: statement((evidence) => `delete from attune.execution_log where execution = ${instant(evidence, 'p-noop')}`),
  },
  {
    name: 'what only computes has the result of another',
    check: 'done',
    deed: statement(
      (evidence) => `update attune.execution set result = result || '{"stdout": "p-step"}'
        where id = ${instant(evidence, 'p-echo')}`,
    ),
  },
  {
    name: 'what only computes ended otherwise than its exit code says',
    check: 'done',
    deed: statement(
      (evidence) => `update attune.execution set result = result || '{"exit_code": 0}'
        where id = ${instant(evidence, 'p-noop')}`,
    ),
  },
  {
    name: 'a completed execution has a successor',
    check: 'succeeded',
    async deed(tx, evidence) {
      const id = plain(evidence);
      await copyRow(tx, 'execution', id, `'{"original_execution": ${id}, "retry_count": 1}'`);
      return undefined;
    },
  },
  {
    name: 'an attempt still ran when the next one began',
    check: 'alone',
    deed(_, evidence, { effects }) {
      const attempts = evidence.executions.filter((one) => one.task === 'try');
      const file = join(effects, attempts[0]?.id ?? '');
      const before = readFileSync(file, 'utf8');
      const later =
        lastLine(readFileSync(join(effects, attempts[1]?.id ?? ''), 'utf8'))
          .split(' ')
          .at(-1) ?? '';
      const alive = [...lastLine(before).split(' ').slice(0, -1), later].join(' ').replace(/^\w+/, 'alive');
      appendFileSync(file, alive);
      return Promise.resolve(() => writeFileSync(file, before));
    },
  },
  {
    name: 'a final status is taken back',
    check: 'lawful',
    deed: statement((evidence) => `update attune.execution set status = 'scheduled' where id = ${plain(evidence)}`),
  },
  {
    name: 'a result is changed after the end',
    check: 'lawful',
    deed: statement((evidence) => `update attune.execution set result = '{}' where id = ${plain(evidence)}`),
  },
  {
    name: 'what runs as a process ended without a beginning',
    check: 'lawful',
    deed: statement(
      (evidence) => `update faults.change set was = 'scheduled', was_token = null, next_token = null
        where next = 'completed' and execution = ${plain(evidence)}`,
    ),
  },
  {
    name: 'what only computes ended at once, and under a lease',
    check: 'lawful',
    deed: statement(
      (evidence) => `update faults.change set next_token = gen_random_uuid()
        where next = 'completed' and execution = ${instant(evidence, 'p-echo')}`,
    ),
  },
  {
    name: 'what runs as a process was created with its end',
    check: 'lawful',
    deed: statement(
      (evidence) => `update faults.change set next = 'completed' where was is null and execution = ${plain(evidence)}`,
    ),
  },
  {
    name: 'the loser of a lease ended the attempt',
    check: 'fenced',
    deed: statement(
      (evidence) =>
        `update faults.change set next_token = gen_random_uuid() where next = 'completed' and execution = ${plain(evidence)}`,
    ),
  },
  {
    name: 'a report that was recorded was refused, too',
    check: 'fenced',
    deed: statement(
      (evidence) => `insert into attune.execution_late_report (execution, lease_token, outcome)
        select id, lease_token, '{}' from attune.execution where id = ${plain(evidence)}`,
    ),
  },
  {
    name: 'something began below what was cancelled',
    check: 'cancelled',
    deed: statement(
      (evidence) => `insert into faults.change (execution, was, next, result_changed)
        values (${oneOf(evidence, (one) => one.key === 'p-long' && one.parent === null)}, 'scheduled', 'running', false)`,
    ),
  },
  {
    name: 'something was run at once below what was cancelled',
    check: 'cancelled',
    deed: statement(
      (evidence) => `insert into faults.change (execution, was, next, result_changed)
        values (${oneOf(evidence, (one) => one.key === 'p-long' && one.parent === null)}, null, 'completed', true)`,
    ),
  },
  {
    name: 'a join ran twice',
    check: 'conducted',
    async deed(tx, evidence) {
      const id = taskOf(evidence, 'merge');
      await copyRow(tx, 'execution', id, `jsonb_build_object('workflow_task', t.workflow_task || '{"visit": 2}')`);
      return undefined;
    },
  },
  {
    name: 'a task of a completed run is gone',
    check: 'conducted',
    deed: statement((evidence) => `delete from attune.execution where id = ${taskOf(evidence, 'left')}`),
  },
  {
    name: 'an execution failed without a cause',
    check: 'ended',
    deed: statement((evidence) => `update attune.execution set status = 'failed' where id = ${plain(evidence)}`),
  },
  {
    name: 'what only computes failed though it was to succeed',
    check: 'ended',
    deed: statement(
      (evidence) => `update attune.execution set status = 'failed' where id = ${instant(evidence, 'p-echo')}`,
    ),
  },
  {
    name: 'three items ran at a time',
    check: 'limited',
    deed: nothing,
    alter(evidence) {
      const items = evidence.executions.filter((one) => one.task === 'each').map((one) => one.id);
      for (const line of evidence.traces) if (items.includes(line.execution) && line.what === 'start') line.at = 0;
    },
  },
  {
    name: 'an event was not matched',
    check: 'settled',
    deed: statement(() => `update attune.event set matched_at = null`),
  },
  {
    name: 'an execution waits for ever',
    check: 'settled',
    deed: statement((evidence) => `update attune.execution set status = 'requested' where id = ${plain(evidence)}`),
  },
  {
    name: 'a step of a record is changed',
    check: 'replayed',
    deed: statement(
      () => `update attune.workflow_step set decision = decision || '{"start": ["nobody"]}'
        where step = 1 and workflow_execution = (select min(id) from attune.workflow_execution)`,
    ),
  },
  {
    name: 'a process of an attempt is left',
    check: 'cleanedUp',
    deed: nothing,
    async alter(evidence, { home }) {
      const left = spawn('sleep', ['60'], {
        env: { PATH: process.env['PATH'], ATTUNE_EXEC_ID: '1', HOME: `${home}/` },
      });
      await new Promise((resolve) => left.once('spawn', resolve));
      evidence.leftovers = await attemptProcesses(home);
      left.kill('SIGKILL');
    },
  },
  {
    name: 'a process ended by itself',
    check: 'lasted',
    deed: nothing,
    alter(evidence) {
      evidence.exits.push({
        process: 'api',
        code: 1,
        signal: null,
        wasReady: true,
        wasMeant: false,
        atBreakPoint: false,
        log: '',
      });
    },
  },
];
