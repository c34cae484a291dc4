import { sha256Hex, type ActionDefinition, type Id, type JsonObject } from '@attune/core';
import { actions, openDoorbell, packs, revisions, sql, type Database, type Doorbell } from '@attune/db';
import { requestExecution } from '@attune/engine';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { freshDatabase } from '../../../../testing/database.ts';
import { until } from '../../../../testing/until.ts';
import { readConfig, type Config } from '../../src/config.ts';
import { createMetrics } from '../../src/metrics/registry.ts';
import { loadSecretKey } from '../../src/secret-key.ts';
import { startWorker, type RunningWorker } from '../../src/worker/worker.ts';

/** A database of its own, a data folder and workers on them. */
export interface Site extends AsyncDisposable {
  db: Database;
  bell: Doorbell;
  home: string;
  worker(config?: Partial<Config>): Promise<RunningWorker>;
  /** Registers an action of the pack `demo` with this script, and requests it. */
  request(script: string, action?: Partial<ActionDefinition>, parameters?: JsonObject): Promise<Id>;
  row(id: Id): Promise<ExecutionRow>;
  /** Waits until the execution has this status. */
  reached(id: Id, status: string): Promise<ExecutionRow>;
  log(id: Id, stream?: string): Promise<string>;
}

export interface ExecutionRow {
  id: Id;
  status: string;
  result: JsonObject | null;
  worker: Id | null;
  original_execution: Id | null;
  lease_token: string | null;
}

export async function openSite(): Promise<Site> {
  const database = await freshDatabase();
  const { db } = database;
  const home = mkdtempSync(join(tmpdir(), 'attune-site-'));
  const bell = openDoorbell(database.url, () => undefined);
  const running: RunningWorker[] = [];
  let scripts = 0;

  const site: Site = {
    db,
    bell,
    home,
    async worker(config = {}) {
      const worker = await startWorker({
        db,
        pulse: db,
        bell,
        log: pino({ level: 'silent' }),
        config: {
          ...readConfig({ ATTUNE_HOME: home, DATABASE_URL: database.url, ATTUNE_STOP_GRACE_SECONDS: '1' }),
          ...config,
        },
        secrets: loadSecretKey(home, undefined),
        metrics: createMetrics(),
      });
      let stopped: Promise<void> | undefined;
      const once = { ...worker, stop: () => (stopped ??= worker.stop()) };
      running.push(once);
      return once;
    },
    async request(script, action = {}, parameters = {}) {
      scripts += 1;
      const ref = `demo.action${scripts}`;
      await installAction(db, script, { ...action, ref, entry_point: `script${scripts}` });
      const { id } = await db.transaction((tx) =>
        requestExecution(tx, { action_ref: ref, parameters, executor: null }),
      );
      bell.ring('execution');
      return id;
    },
    row: (id) =>
      db.one<ExecutionRow>(sql`
        select id, status, result, worker, original_execution, lease_token from execution where id = ${id}`),
    async reached(id, status) {
      let last: ExecutionRow | undefined;
      try {
        return await until(`execution ${id} is ${status}`, async () => {
          last = await site.row(id);
          return last.status === status && last;
        });
      } catch (error) {
        throw new Error(`${String(error)}; it is ${JSON.stringify(last)}`, { cause: error });
      }
    },
    async log(id, stream = 'stdout') {
      const rows = await db.many<{ content: Buffer }>(sql`
        select content from execution_log where execution = ${id} and stream = ${stream} order by byte_offset`);
      return Buffer.concat(rows.map((row) => row.content)).toString();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map((worker) => worker.stop()));
      await bell.close();
      await database[Symbol.asyncDispose]();
      rmSync(home, { recursive: true, force: true });
    },
  };
  return site;
}

async function installAction(
  db: Database,
  script: string,
  action: Partial<ActionDefinition> & { ref: string; entry_point: string },
): Promise<void> {
  const definition: ActionDefinition = {
    label: action.ref,
    description: null,
    runner_type: 'shell',
    workflow_file: null,
    parameters: null,
    output: null,
    parameter_delivery: 'stdin',
    parameter_format: 'json',
    output_format: 'text',
    timeout_seconds: null,
    on_worker_lost: 'fail',
    tags: [],
    examples: [],
    ...action,
  };
  const content = Buffer.from(script);
  const file = { path: `actions/${action.entry_point}`, mode: 0o755, sha256: sha256Hex(content), content };
  const revision = await revisions.keep(db, 'pack', 'demo', {
    version: '1.0.0',
    files: [[file.path, file.mode, file.sha256]],
  });
  const { id } = await packs.upsert(db, {
    ref: 'demo',
    label: 'Demo',
    description: null,
    version: '1.0.0',
    conf_schema: {},
    config_defaults: {},
    meta: {},
    tags: [],
    runtime_deps: [],
    is_standard: false,
    revision,
    source_path: null,
  });
  await packs.keepFiles(db, revision, [file]);
  const json = definition as unknown as JsonObject;
  await actions.upsert(db, {
    ref: action.ref,
    pack: id,
    pack_ref: 'demo',
    label: action.ref,
    description: '',
    entrypoint: action.entry_point,
    runtime_ref: definition.runner_type,
    param_schema: definition.parameters,
    out_schema: null,
    workflow_def: null,
    definition: json,
    revision: await revisions.keep(db, 'action', action.ref, json),
  });
}
