import type { Id, JsonObject } from '@attune/core';
import { actions, packs, revisions, sql, type Database } from '@attune/db';
import { requestExecution } from '../src/index.ts';

export interface TestAction {
  ref: string;
  runtime?: string;
  parameters?: JsonObject;
  on_worker_lost?: 'fail' | 'restart';
  timeout_seconds?: number;
}

/** Puts an action into the database as registering a pack would, without files. */
export async function installAction(db: Database, action: TestAction): Promise<void> {
  const [pack_ref = ''] = action.ref.split('.');
  const runtime = action.runtime ?? 'shell';
  const definition: JsonObject = { ref: action.ref, runner_type: runtime, parameters: action.parameters ?? {} };
  if (action.on_worker_lost !== undefined) definition['on_worker_lost'] = action.on_worker_lost;
  if (action.timeout_seconds !== undefined) definition['timeout_seconds'] = action.timeout_seconds;
  const pack = await packs.upsert(db, {
    ref: pack_ref,
    label: pack_ref,
    description: null,
    version: '1.0.0',
    conf_schema: {},
    config_defaults: {},
    meta: {},
    tags: [],
    runtime_deps: [],
    is_standard: false,
    revision: await revisions.keep(db, 'pack', pack_ref, { files: [] }),
    source_path: null,
  });
  await actions.upsert(db, {
    ref: action.ref,
    pack: pack.id,
    pack_ref,
    label: action.ref,
    description: '',
    entrypoint: '',
    runtime_ref: runtime,
    param_schema: action.parameters ?? {},
    out_schema: null,
    workflow_def: null,
    definition,
    revision: await revisions.keep(db, 'action', action.ref, definition),
  });
}

/** A worker's row, as its registration makes it. */
export const installWorker = async (db: Database, name: string): Promise<Id> =>
  (
    await db.one<{ id: Id }>(sql`
    insert into worker (name, worker_type, status) values (${name}, 'local', 'active') returning id`)
  ).id;

export const request = (db: Database, action_ref: string, parameters: JsonObject = {}): Promise<{ id: Id }> =>
  db.transaction((tx) => requestExecution(tx, { action_ref, parameters, executor: null }));

/** As if this much time had passed for every lease: the database's clock is the only one, so the rows move instead. */
export const letLeasesRunOut = (db: Database): Promise<number> =>
  db.run(sql`update execution set lease_until = now() - interval '1 second' where lease_until is not null`);

export const rowsOf = (db: Database, action_ref: string): Promise<ExecutionRow[]> =>
  db.many<ExecutionRow>(sql`
    select id, status, result, retry_count, original_execution, lease_token, started_at, workflow_task
    from execution where action_ref = ${action_ref} order by id`);

export interface ExecutionRow {
  id: Id;
  status: string;
  result: JsonObject | null;
  retry_count: number;
  original_execution: Id | null;
  lease_token: string | null;
  started_at: string | null;
  workflow_task: JsonObject | null;
}
