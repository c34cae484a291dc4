import { isFinal, type Id, type Json, type JsonObject, type WorkflowTaskMetadata } from '@attune/core';
import type { AttuneClient } from '@attune/client';
import { sql, type Database } from '@attune/db';
import type { Company } from './company.ts';
import type { ObservedAttempt, ObservedRun } from './observed.ts';
import { keyOf } from './run-key.ts';

type Tree = Awaited<ReturnType<AttuneClient['getExecutionTree']>>['data'];
type Shown = Awaited<ReturnType<AttuneClient['getExecution']>>['data'];

/** Milliseconds from its start after which a run is read back though it has not ended, so that a test can tell how far it came. */
const patienceMs = 90_000;

/** Reads back what a run has shown, once it has ended with all below it: executions and what explains them by the API,
 *  variables and steps from their rows. */
export async function observeRun(company: Company, id: Id): Promise<ObservedRun> {
  const { db, ends } = company;
  const patience = timeLimit(patienceMs);
  await Promise.race([ends.ended(id), patience.over]);
  for (;;) {
    const client = await company.client();
    const { data: tree } = await client.getExecutionTree({ path: { id } });
    if (tree.truncated) throw new Error(`The tree of ${id} is too large to be shown`);
    // what a run has stopped may take its time to end
    const living = nodesOf(tree).filter(({ status }) => !isFinal(status));
    if (living.length === 0 || patience.isOver()) return runOf(client, db, tree);
    await Promise.race([Promise.all(living.map((node) => ends.ended(node.id))), patience.over]);
  }
}

function timeLimit(ms: number): { over: Promise<void>; isOver: () => boolean } {
  let isOver = false;
  const over = new Promise<void>((resolve) => {
    const end = () => {
      isOver = true;
      resolve();
    };
    setTimeout(end, ms).unref();
  });
  return { over, isOver: () => isOver };
}

const nodesOf = (tree: Tree): Tree[] => [tree, ...tree.children.flatMap(nodesOf)];

async function runOf(client: AttuneClient, db: Database, tree: Tree): Promise<ObservedRun> {
  const root = (await client.getExecution({ path: { id: tree.id } })).data;
  const children = tree.children.toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
  const rows = await Promise.all(
    children.map(async (node) => ({ node, shown: (await client.getExecution({ path: { id: node.id } })).data })),
  );
  const attempts = await Promise.all(rows.map(({ node, shown }) => attemptOf(client, db, node, shown, rows)));
  const { variables, skipped } = await db.one<{
    variables: JsonObject;
    skipped: { task: string; visit: number }[];
  }>(sql`
    select variables, coalesce((
      select jsonb_agg(target order by step, place) from workflow_step,
        jsonb_array_elements(decision->'targets') with ordinality as decided(target, place)
      where workflow_execution = w.id and target->>'fate' = 'skipped'), '[]') as skipped
    from workflow_execution w where execution = ${tree.id}`);
  const steps = await db.many<{ decision: Json }>(sql`
    select decision from workflow_step s join workflow_execution w on w.id = s.workflow_execution
    where w.execution = ${tree.id} order by step`);
  const { data: explanation } = await client.explainExecution({ path: { id: tree.id } });
  const replay = explanation.workflow?.replay;
  return {
    status: root.status,
    output: root.result,
    variables,
    skipped: skipped.map(({ task, visit }) => keyOf({ task, visit, item: null, attempt: 1 })),
    attempts,
    at_once: mostAtOnce(rows.map(({ shown }) => shown)),
    decisions: steps.map(({ decision }) => decision),
    disagreement: replay?.agrees === true ? null : `step ${replay?.step ?? 0}: ${replay?.message ?? 'no record'}`,
  };
}

async function attemptOf(
  client: AttuneClient,
  db: Database,
  node: Tree,
  shown: Shown,
  all: readonly { shown: Shown }[],
): Promise<ObservedAttempt> {
  const task = taskOf(shown);
  const { task_name, task_index: item, visit = 1, attempt = 1 } = task;
  const before = all.find(({ shown: other }) => {
    const one = taskOf(other);
    return one.task_name === task_name && one.visit === visit && one.task_index === item && one.attempt === attempt - 1;
  });
  const since = before === undefined ? shown.created : (before.shown.completed_at ?? shown.created);
  return {
    task: task_name,
    visit,
    item,
    attempt,
    status: shown.status,
    started: shown.started_at !== null,
    input: shown.config,
    result: shown.result,
    waited: shown.started_at === null ? 0 : (Date.parse(shown.started_at) - Date.parse(since)) / 1000,
    within: node.workflow_execution === null ? null : await runOf(client, db, node),
  };
}

function taskOf({ id, workflow_task }: Shown): WorkflowTaskMetadata {
  if (workflow_task === null) throw new Error(`Execution ${id} is no task of a workflow`);
  return workflow_task;
}

/** Most items of a task that lived at one time: between the instant a row was made and the one it was final. */
function mostAtOnce(rows: readonly Shown[]): Record<string, number> {
  const most: Record<string, number> = {};
  for (const row of rows) {
    const { task_name } = taskOf(row);
    const living = rows.filter(
      (other) =>
        taskOf(other).task_name === task_name &&
        other.created <= row.created &&
        (!isFinal(other.status) || (other.completed_at ?? '') > row.created),
    );
    most[task_name] = Math.max(most[task_name] ?? 0, living.length);
  }
  return most;
}
