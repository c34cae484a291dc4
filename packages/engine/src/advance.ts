import {
  advance as decideNext,
  begin as decideFirst,
  maskDecision,
  neededFor,
  openSecrets,
  type Finished,
  type Id,
  type JsonObject,
  type RunState,
  type Step,
  type TaskStart,
  type WorkflowSecrets,
  type WorkflowTaskMetadata,
} from '@attune/core';
import {
  executionQueue,
  revisions,
  runTrees,
  workflowExecutions,
  type EngineExecution,
  type LockedRun,
  type Tx,
} from '@attune/db';
import { ask } from './ask.ts';
import { create, type Wanted } from './create.ts';
import { factsOf, keepFacts, learnSecrets, sealVariables } from './facts.ts';
import { graphOf } from './graph.ts';
import { outcomeOf } from './outcome.ts';
import { resultHash, sealedResult } from './outputs.ts';

/** What has to be followed up: that an execution begun that no worker runs (a workflow's, a question's), or that an execution of a
 *  workflow's task ended. */
export type Turn = { kind: 'begun'; execution: EngineExecution } | { kind: 'ended'; execution: EngineExecution };

/** Tells workflows what happened and does what they decide: creates the next tasks, sets retries, ends the run. What follows at
 *  once (nested workflows that begin, tasks that cannot start, parents whose task ended) follows in the same transaction. */
export async function advance(tx: Tx, first: Turn): Promise<void> {
  const turns: Turn[] = [first];
  for (const turn of turns) {
    turns.push(...(turn.kind === 'begun' ? await begin(tx, turn.execution) : await proceed(tx, turn.execution)));
  }
}

async function begin(tx: Tx, execution: EngineExecution): Promise<Turn[]> {
  if (execution.workflow_def === null) return ask(tx, execution);
  if (execution.revision === null) throw new Error(`Execution ${execution.id} names no revision`);
  const revision = await revisions.find(tx, execution.revision);
  if (revision === undefined) throw new Error(`Revision ${execution.revision} is not kept`);
  const graph = graphOf(execution.revision, revision.definition);
  const { id } = await workflowExecutions.insert(tx, {
    execution: execution.id,
    workflow_def: execution.workflow_def,
    revision: execution.revision,
    variables: {},
    task_graph: revision.definition['workflow'] as JsonObject,
    facts: await keepFacts(tx, execution, graph),
  });
  const run = await lockRun(tx, id);
  const facts = await factsOf(tx, run, execution, graph);
  return carryOut(tx, run, execution, null, decideFirst(graph, facts), facts.secrets);
}

async function proceed(tx: Tx, ended: EngineExecution): Promise<Turn[]> {
  const task = ended.workflow_task;
  if (task?.visit === undefined || task.attempt === undefined) return [];
  const locked = await lockRun(tx, task.workflow_execution);
  if (locked.paused) {
    await runTrees.keepEnd(tx, locked.id, { execution: ended.id, restarts: false });
    return [];
  }
  const run = await learnSecrets(tx, locked, ended);
  const owner = await executionQueue.lock(tx, run.execution);
  if (owner === undefined) return [];
  if (owner.status === 'canceling') return endIfQuiet(tx, run, owner);
  if (owner.status !== 'running') return [];

  const graph = graphOf(run.revision, run.definition);
  const state = run.state as unknown as RunState;
  const finished: Finished = {
    task: task.task_name,
    visit: task.visit,
    attempt: task.attempt,
    outcome: outcomeOf(ended.status),
    result: openSecrets(ended.result, tx.vault),
    started: ended.started_at !== null,
  };
  const { results: needed } = neededFor(graph, state, finished);
  const known = new Map(
    (needed.length === 0 ? [] : await workflowExecutions.results(tx, run.id, needed)).map((row) => [
      `${row.task_name}#${row.visit}`,
      openSecrets(row.result, tx.vault),
    ]),
  );
  const facts = await factsOf(tx, run, owner, graph);
  const step = decideNext(graph, state, openSecrets(run.variables, tx.vault), facts, finished, {
    result: (name, visit) => known.get(`${name}#${visit}`),
    elements: () => [],
  });
  return carryOut(tx, run, owner, ended, step, facts.secrets);
}

/** A run that is being cancelled ends with its last living task; nothing is decided any more. */
async function endIfQuiet(tx: Tx, run: LockedRun, owner: EngineExecution): Promise<Turn[]> {
  if (await executionQueue.hasLivingChild(tx, owner.id)) return [];
  return endRun(tx, run.id, owner, { status: 'cancelled', result: { error: 'Workflow cancelled', succeeded: false } });
}

async function carryOut(
  tx: Tx,
  run: LockedRun,
  owner: EngineExecution,
  ended: EngineExecution | null,
  step: Step,
  secrets: WorkflowSecrets,
): Promise<Turn[]> {
  const { output } = graphOf(run.revision, run.definition).definition;
  const decision = maskDecision(step.decision, secrets, output);
  await workflowExecutions.appendStep(tx, run.id, run.steps + 1, ended?.id ?? null, decision);
  await workflowExecutions.save(tx, run.id, {
    state: step.state as unknown as JsonObject,
    variables: sealVariables(tx, step.variables, secrets),
    status: step.outcome?.status ?? 'running',
    error_message: messageOf(step.outcome?.result),
    steps: run.steps + 1,
    ...step.tasks,
  });
  if (step.retry !== null && ended !== null) {
    await executionQueue.setNextRetry(tx, ended.id, step.retry.delay_seconds);
  }
  const children = await create(
    tx,
    step.start.map((start) => wantedOf(run, owner, start, secrets)),
  );
  const turns = children.flatMap<Turn>((child) => {
    if (child.status === 'failed') return [{ kind: 'ended', execution: child }];
    return child.runtime === null && child.status === 'running' ? [{ kind: 'begun', execution: child }] : [];
  });
  return step.outcome === null ? turns : [...turns, ...(await endRun(tx, run.id, owner, step.outcome))];
}

/** Ends the execution of a run, which may in turn be a task of another run. */
export async function endRun(
  tx: Tx,
  run: Id,
  owner: EngineExecution,
  outcome: { status: 'completed' | 'failed' | 'cancelled' | 'timeout'; result: JsonObject },
): Promise<Turn[]> {
  const move = { completed: 'succeed', failed: 'fail', cancelled: 'stop', timeout: 'expire' } as const;
  await workflowExecutions.setStatus(tx, run, outcome.status, messageOf(outcome.result));
  // one task was cancelled, not the run: the machine knows no way from running to cancelled but through canceling
  if (outcome.status === 'cancelled') await executionQueue.move(tx, owner.id, 'cancel');
  const result = await sealedResult(tx, owner.revision, outcome.result);
  const ended = await executionQueue.end(
    tx,
    owner.id,
    {
      move: move[outcome.status],
      result,
      result_hash: resultHash(result),
      timed_out: outcome.status === 'timeout',
    },
    null,
  );
  return ended?.workflow_task ? [{ kind: 'ended', execution: ended }] : [];
}

function wantedOf(run: LockedRun, owner: EngineExecution, start: TaskStart, secrets: WorkflowSecrets): Wanted {
  const graph = graphOf(run.revision, run.definition);
  const workflow_task: WorkflowTaskMetadata = {
    workflow_execution: run.id,
    task_name: start.task,
    task_index: null,
    task_batch: null,
    retry_count: start.retry_count,
    max_retries: start.max_retries,
    next_retry_at: null,
    timeout_seconds: start.timeout_seconds,
    timed_out: false,
    duration_ms: null,
    started_at: null,
    completed_at: null,
    visit: start.visit,
    attempt: start.attempt,
    position: start.position,
    triggered_by: start.triggered_by,
  };
  return {
    action_ref: start.action,
    parameters: start.input,
    secrets: secrets.input(start.task),
    inherits: graph.tasks.get(start.task)?.definition.input === 'inherit',
    parent: owner.id,
    enforcement: owner.enforcement,
    executor: owner.executor,
    cause: null,
    workflow_task,
    delay_seconds: start.delay_seconds,
    timeout_seconds: start.timeout_seconds,
    error: start.error,
  };
}

async function lockRun(tx: Tx, id: Id): Promise<LockedRun> {
  const run = await workflowExecutions.lock(tx, id);
  if (run === undefined) throw new Error(`Workflow execution ${id} does not exist`);
  return run;
}

const messageOf = (result: JsonObject | undefined): string | null => {
  const error = result?.['error'];
  return typeof error === 'string' ? error : null;
};
