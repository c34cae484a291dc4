import type { Id, Json, JsonObject, PackFiles } from '@attune/core';
import { sql, type Database } from '@attune/db';
import {
  admit,
  claim,
  enact,
  finish,
  match,
  registerPack,
  retry,
  type ClaimedExecution,
  type Outcome,
} from '../src/index.ts';
import { installWorker, request } from './support.ts';

const plain = 0o644;
const bytes = (text: string) => new TextEncoder().encode(text);

/** Registers a pack `test` made of these texts by path; `pack.yaml` and an action `test.do` come by themselves. */
export async function registerTestPack(db: Database, texts: Record<string, string>): Promise<void> {
  const all: Record<string, string> = {
    'pack.yaml': 'ref: test\nversion: 1.0.0\n',
    'actions/do.yaml': 'ref: test.do\nentry_point: do.sh\n',
    'actions/do.sh': 'true\n',
    ...texts,
  };
  const files: PackFiles = new Map(
    Object.entries(all).map(([path, text]) => [path, { content: bytes(text), mode: plain }] as const),
  );
  await registerPack(db, { files, source_path: null, force: true }, { seal: (text) => `sealed ${text.length}` });
}

/** A workflow action `test.flow` of the pack `test`, by its graph file. */
export const flow = (graph: string, parameters = ''): Record<string, string> => ({
  'actions/flow.yaml': `ref: test.flow\nworkflow_file: workflows/flow.workflow.yaml\n${parameters}`,
  'actions/workflows/flow.workflow.yaml': graph,
});

/** What an action does, by its parameters; data becomes the result's `data`. */
export type Act = (config: JsonObject, claimed: ClaimedExecution) => Json | Outcome;

/** Does everything that can be done now, one claim at a time: matches, enacts, admits, retries, claims and finishes, until nothing is
 *  left. Answers the order in which attempts ran, as `task` or `task/attempt`. */
export async function playOut(db: Database, act: Act = () => ({})): Promise<string[]> {
  const worker = await installWorker(db, `worker ${crypto.randomUUID()}`);
  const order: string[] = [];
  for (;;) {
    const moved = (await match(db)) + (await enact(db)) + (await admit(db)) + (await retry(db));
    const [claimed] = await claim(db, { worker, runtimes: ['shell', 'python', 'nodejs', 'native'], limit: 1 });
    if (claimed === undefined) {
      if (moved === 0) return order;
      continue;
    }
    order.push(await nameOf(db, claimed));
    const done = act(claimed.config ?? {}, claimed);
    const outcome = isOutcome(done) ? done : succeeded(done);
    await finish(db, { execution: claimed.id, lease_token: claimed.lease_token, outcome });
  }
}

const isOutcome = (done: Json | Outcome): done is Outcome =>
  typeof done === 'object' && done !== null && 'kind' in done && 'result' in done;

const succeeded = (data: Json): Outcome => ({ kind: 'succeeded', result: { succeeded: true, exit_code: 0, data } });

export const failed = (error = 'no'): Outcome => ({
  kind: 'failed',
  result: { succeeded: false, exit_code: 1, error },
});

async function nameOf(db: Database, { id, attempt, action_ref }: ClaimedExecution): Promise<string> {
  const { task } = await db.one<{ task: string | null }>(sql`
    select workflow_task->>'task_name' as task from execution where id = ${id}`);
  return `${task ?? action_ref}${attempt > 1 ? `/${attempt}` : ''}`;
}

export interface Run {
  id: Id;
  status: string;
  result: JsonObject | null;
}

export const startFlow = async (db: Database, parameters: JsonObject = {}): Promise<Id> =>
  (await request(db, 'test.flow', parameters)).id;

export const runOf = (db: Database, id: Id): Promise<Run> =>
  db.one<Run>(sql`select id, status, result from execution where id = ${id}`);
