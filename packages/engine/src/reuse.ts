import {
  canonicalJson,
  isSamePosition,
  maskSecrets,
  nestedRerun,
  openSecrets,
  whyNotReused,
  type Id,
  type JsonObject,
  type NotReused,
  type RecordedTaskRun,
  type Rerun,
  type RerunStart,
  type TaskStart,
  type Vault,
  type WorkflowGraph,
} from '@attune/core';
import {
  reruns,
  revisions,
  workflowExecutions,
  type ActionRow,
  type EngineExecution,
  type NewExecution,
  type RecordedTask,
  type Tx,
} from '@attune/db';

/** Finds out, for a run that begins and runs another one again, from where; kept on its execution.
 *  @returns the execution as it is then */
export async function beginRerun(tx: Tx, execution: EngineExecution): Promise<EngineExecution> {
  const rerun = rerunOf(execution);
  if (rerun === null || execution.rerun_of === null) return execution;
  const run = await workflowExecutions.idOf(tx, execution.rerun_of);
  if (run === undefined) return execution; // the other one never began
  const known: Rerun = { ...rerun, source: { run, starts: await startsOf(tx, run, rerun) } };
  await reruns.keep(tx, execution.id, known as unknown as JsonObject);
  return { ...execution, rerun: known as unknown as JsonObject };
}

const rerunOf = (execution: EngineExecution): Rerun | null => execution.rerun as unknown as Rerun | null;

async function startsOf(tx: Tx, run: Id, { mode, from }: Rerun): Promise<RerunStart[]> {
  if (mode === 'whole') return [];
  const task = mode === 'from' ? (from?.[0] ?? null) : null;
  const ends = await reruns.endsOf(tx, run, task);
  if (task !== null) {
    const [first] = [...ends.filter((one) => !one.completed), ...ends];
    return [{ task, position: first?.position ?? null, asked: true }];
  }
  const failed = ends.filter((one) => !one.completed);
  const handled = await handledOf(tx, run, failed);
  return failed
    .filter((one) => !handled.has(keyOf(one)))
    .map((one) => ({ task: one.task, position: one.position, asked: false }));
}

/** What a run takes over of the one that it runs again. */
export interface Reuse {
  /** By the starts it was made for: the actions as the other run had them; undefined: as they are now. */
  actions: (ActionRow | undefined)[];
  /** Makes of the rows of the starts what they are in a re-run. */
  settle: (rows: readonly NewExecution[]) => Promise<NewExecution[]>;
}

/** Looks up what was recorded of tasks, or items, that are about to start.
 *  @returns undefined outside of re-runs */
export async function reuseFor(
  tx: Tx,
  owner: EngineExecution,
  graph: WorkflowGraph,
  starts: readonly TaskStart[],
): Promise<Reuse | undefined> {
  const rerun = rerunOf(owner);
  if (rerun?.source == null || starts.length === 0) return undefined;
  const { run } = rerun.source;
  const recorded = await recordedOf(tx, run, starts);
  return {
    actions: rerun.latest ? starts.map(() => undefined) : await actionsThen(tx, recorded),
    settle: (rows) => settle(tx, rerun, run, graph, starts, recorded, rows),
  };
}

type Recorded = readonly (RecordedTask | undefined)[];

/** Visits are numbered by order of start, which may differ from run to run; a position is the same in both. */
async function recordedOf(tx: Tx, run: Id, starts: readonly TaskStart[]): Promise<Recorded> {
  const wanted = starts.map(({ task, visit, item }, number) => ({ number, task, visit, item: item?.index ?? null }));
  const found = new Map((await reruns.recorded(tx, run, wanted)).map((row) => [row.number, row]));
  const stands = (number: number): boolean => {
    const position = found.get(number)?.position;
    return position != null && isSamePosition(position, starts[number]?.position ?? {});
  };
  const elsewhere = wanted.filter(({ number }) => !stands(number));
  if (elsewhere.length > 0) {
    const visits = await visitsOf(tx, run, starts, elsewhere);
    for (const { number } of elsewhere) found.delete(number);
    const again = elsewhere.flatMap((one) => {
      const visit = visits.get(one.number);
      return visit === undefined ? [] : [{ ...one, visit }];
    });
    for (const row of again.length === 0 ? [] : await reruns.recorded(tx, run, again)) found.set(row.number, row);
  }
  return starts.map((_, number) => found.get(number));
}

/** Items of one run of a task share a visit. */
async function visitsOf(
  tx: Tx,
  run: Id,
  starts: readonly TaskStart[],
  wanted: readonly { number: number; task: string; visit: number }[],
): Promise<Map<number, number>> {
  const first = new Map(wanted.map((one) => [keyOf(one), one]));
  const asked = [...first.values()].map(({ number, task }) => ({
    number,
    task,
    position: starts[number]?.position ?? {},
  }));
  const visits = new Map((await reruns.visitsAt(tx, run, asked)).map(({ number, visit }) => [number, visit]));
  return new Map(
    wanted.flatMap((one) => {
      const visit = visits.get(first.get(keyOf(one))?.number ?? -1);
      return visit === undefined ? [] : [[one.number, visit] as const];
    }),
  );
}

const keyOf = ({ task, visit }: { task: string; visit: number }): string => `${visit} ${task}`;

/** The actions with the definitions that the other run's tasks had. */
async function actionsThen(tx: Tx, recorded: Recorded): Promise<(ActionRow | undefined)[]> {
  const hashes = new Set(recorded.flatMap((row) => (row?.revision == null ? [] : [row.revision])));
  const definitions = new Map<string, JsonObject>();
  for (const hash of hashes) {
    const revision = await revisions.find(tx, hash);
    if (revision !== undefined) definitions.set(hash, revision.definition);
  }
  return recorded.map((row) => (row === undefined ? undefined : actionThen(row, definitions)));
}

/** An action as an execution ran it. */
export function actionThen(
  row: Pick<RecordedTask, 'action' | 'action_ref' | 'revision' | 'pack_revision' | 'runtime' | 'workflow_def'>,
  definitions: ReadonlyMap<string, JsonObject>,
): ActionRow | undefined {
  const { action, action_ref, revision, pack_revision, runtime, workflow_def } = row;
  const definition = revision === null ? undefined : definitions.get(revision);
  if (action === null || revision === null || pack_revision === null || definition === undefined) return undefined;
  const [pack_ref = ''] = action_ref.split('.');
  return {
    id: action,
    ref: action_ref,
    pack_ref,
    revision,
    pack_revision,
    definition,
    runtime_ref: runtime,
    workflow_def,
  };
}

async function settle(
  tx: Tx,
  rerun: Rerun,
  run: Id,
  graph: WorkflowGraph,
  starts: readonly TaskStart[],
  recorded: Recorded,
  rows: readonly NewExecution[],
): Promise<NewExecution[]> {
  if (rerun.mode === 'whole') return rows.map((row, index) => runAgain(row, recorded[index], rerun, 'follows'));
  const failed = recorded.filter((row) => row !== undefined && row.status !== 'completed') as RecordedTask[];
  const handled = await handledOf(
    tx,
    run,
    failed.map((row) => ({ task: starts[row.number]?.task ?? '', visit: row.visit })),
  );
  const scope = { starts: rerun.source?.starts ?? [], reset_items: rerun.reset_items };
  const reasons = rows.map((row, index): NotReused | null => {
    const start = starts[index];
    const record = recorded[index];
    if (start === undefined) throw new RangeError('There is a row for each start');
    const isHandled = record !== undefined && handled.has(keyOf({ task: start.task, visit: record.visit }));
    return whyNotReused(graph, scope, beginning(start, row), record && recordedRun(record, isHandled, row, tx.vault));
  });
  const taken = recorded.flatMap((row, index) => (row !== undefined && reasons[index] === null ? [row.id] : []));
  const results = new Map((taken.length === 0 ? [] : await reruns.resultsOf(tx, taken)).map((row) => [row.id, row]));
  return rows.map((row, index) => {
    const record = recorded[index];
    const why = reasons[index] ?? null;
    const result = record && results.get(record.id);
    if (why !== null || record === undefined || result === undefined) {
      return runAgain(row, record, rerun, why ?? 'no_recorded_run', why);
    }
    return {
      ...row,
      status: result.status,
      result: result.result,
      result_hash: result.result_hash,
      delay_seconds: 0,
      workflow_task: row.workflow_task && { ...row.workflow_task, reused_from: record.reused_from ?? record.id },
    };
  });
}

const beginning = ({ task, position, item }: TaskStart, row: NewExecution) => ({
  ...{ task, position, item: item?.index ?? null },
  action_ref: row.action_ref,
  revision: row.revision,
  input_hash: row.input_hash,
});

const recordedRun = (record: RecordedTask, is_handled: boolean, row: NewExecution, vault: Vault): RecordedTaskRun => ({
  execution: record.id,
  status: record.status,
  is_handled,
  action_ref: record.action_ref,
  revision: record.revision,
  input_hash: record.input_hash,
  has_same_secrets: isSameOpened(record.config ?? {}, row.config ?? {}, vault),
});

/** The hash of the input says nothing of its secrets. */
function isSameOpened(a: JsonObject, b: JsonObject, vault: Vault): boolean {
  if (maskSecrets(a) === a && maskSecrets(b) === b) return true;
  return canonicalJson(openSecrets(a, vault)) === canonicalJson(openSecrets(b, vault));
}

/** A row that runs although something was recorded of it. */
function runAgain(
  row: NewExecution,
  record: RecordedTask | undefined,
  rerun: Rerun,
  why: NotReused,
  told: NotReused | null = null,
): NewExecution {
  const nested =
    row.workflow_def === null || record === undefined
      ? null
      : nestedRerun(rerun, why, row.workflow_task?.task_name ?? '');
  return {
    ...row,
    rerun_of: record?.id ?? null,
    rerun: nested as unknown as JsonObject | null,
    workflow_task:
      row.workflow_task && (told === null ? row.workflow_task : { ...row.workflow_task, not_reused: told }),
  };
}

async function handledOf(
  tx: Tx,
  run: Id,
  failed: readonly { task: string; visit: number }[],
): Promise<ReadonlySet<string>> {
  const distinct = [...new Map(failed.map((one) => [keyOf(one), one])).values()];
  return new Set(distinct.length === 0 ? [] : (await reruns.handled(tx, run, distinct)).map(keyOf));
}
