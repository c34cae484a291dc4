import {
  advance as decideNext,
  begin as decideFirst,
  isFinal,
  maskDecision,
  neededFor,
  openSecrets,
  type Finished,
  type Id,
  type JsonObject,
  type RunState,
  type Step,
  type WorkflowGraph,
  type WorkflowSecrets,
} from '@attune/core';
import {
  executionQueue,
  runTrees,
  workflowExecutions,
  type EngineExecution,
  type LockedRun,
  type Tx,
} from '@attune/db';
import { ask } from './ask.ts';
import { create } from './create.ts';
import { endRun } from './end-run.ts';
import { factsOf, keepFacts, learnSecrets, sealVariables } from './facts.ts';
import { graphOf } from './graph.ts';
import { lockRun, wholeRun, type WholeRun } from './lock-run.ts';
import { outcomeOf } from './outcome.ts';
import { keepLists, recordedFor } from './recorded.ts';
import { beginRerun, reuseFor } from './reuse.ts';
import type { Turn } from './turn.ts';
import { wantedTask } from './wanted-task.ts';

/** Most tasks of a workflow whose lists of tasks are written at each step: with more, they are written when its run ends. */
const mostListed = 200;

/** The runs that turns are about, each locked and read once, by their ids. */
type Runs = Map<Id, LockedRun>;

/** Tells workflows what happened and does what they decide: creates the next tasks, sets retries, ends the run. What follows at
 *  once (nested workflows that begin, tasks that cannot start, parents whose task ended) follows in the same transaction.
 *  @param locked the run that the execution is a task of, where it is locked already and nothing was done to it since */
export async function advance(tx: Tx, first: Turn, locked?: LockedRun): Promise<void> {
  const runs: Runs = new Map(locked === undefined ? [] : [[locked.id, locked]]);
  const turns: Turn[] = [first];
  for (const turn of turns) {
    const more =
      turn.kind === 'begun' ? await begin(tx, runs, turn.execution) : await proceed(tx, runs, turn.execution);
    turns.push(...more);
  }
}

async function begin(tx: Tx, runs: Runs, begun: EngineExecution): Promise<Turn[]> {
  if (begun.workflow_def === null) return ask(tx, begun);
  const owner = await beginRerun(tx, begun);
  const { revision, workflow_def } = owner;
  if (revision === null || workflow_def === null) throw new Error(`Execution ${owner.id} names no revision`);
  const graph = await graphOf(tx, revision);
  const facts = await keepFacts(tx, owner, graph);
  const { id } = await workflowExecutions.insert(tx, { execution: owner.id, workflow_def, revision, facts });
  const run: WholeRun = {
    ...{ id, execution: owner.id, workflow_def, revision, owner, facts, state: {}, variables: {}, variables_step: 0 },
    ...{ status: 'running', paused: false, steps: 0, lacks_parameters: false },
  };
  runs.set(id, run);
  const known = await factsOf(tx, run, owner, graph);
  return carryOut(tx, run, graph, null, decideFirst(graph, known), known.secrets);
}

async function proceed(tx: Tx, runs: Runs, ended: EngineExecution): Promise<Turn[]> {
  const task = ended.workflow_task;
  if (task?.visit === undefined || task.attempt === undefined) return [];
  const locked = runs.get(task.workflow_execution) ?? (await lockRun(tx, task.workflow_execution));
  if (locked.paused) {
    await runTrees.keepEnd(tx, locked.id, { execution: ended.id, restarts: false });
    return [];
  }
  const learned = await learnSecrets(tx, locked, ended);
  const {
    owner: { status },
  } = learned;
  if (status === 'canceling') return endIfQuiet(tx, learned);
  if (status !== 'running') return [];

  const run = await wholeRun(tx, learned);
  runs.set(run.id, run);
  const graph = await graphOf(tx, run.revision);
  const state = run.state as unknown as RunState;
  const finished: Finished = {
    task: task.task_name,
    visit: task.visit,
    attempt: task.attempt,
    item: task.task_index,
    outcome: outcomeOf(ended.status),
    result: openSecrets(ended.result, tx.vault),
    started: ended.started_at !== null,
  };
  const needed = neededFor(graph, state, finished);
  const recorded = await recordedFor(tx, graph, run.id, needed, finished);
  const facts = await factsOf(tx, run, run.owner, graph);
  const step = decideNext(graph, state, openSecrets(run.variables, tx.vault), facts, finished, recorded);
  return carryOut(tx, run, graph, ended, step, facts.secrets);
}

/** A run that is being cancelled ends with its last living task; nothing is decided any more. */
async function endIfQuiet(tx: Tx, run: LockedRun): Promise<Turn[]> {
  if (await executionQueue.hasLivingChild(tx, run.owner.id)) return [];
  return end(tx, run, { status: 'cancelled', result: { error: 'Workflow cancelled', succeeded: false } });
}

async function carryOut(
  tx: Tx,
  run: WholeRun,
  graph: WorkflowGraph,
  ended: EngineExecution | null,
  step: Step,
  secrets: WorkflowSecrets,
): Promise<Turn[]> {
  await record(tx, run, graph, ended, step, secrets);
  await keepLists(tx, run.id, step.lists);
  if (step.retry !== null && ended !== null) {
    await executionQueue.setNextRetry(tx, ended.id, step.retry.delay_seconds);
  }
  const children = await create(
    tx,
    step.start.map((start) => wantedTask(run, graph, secrets, start)),
    { packRevision: run.owner.pack_revision, ...(await reuseFor(tx, run.owner, graph, step.start)) },
  );
  const turns = children.flatMap<Turn>((child) => {
    if (isFinal(child.status)) return [{ kind: 'ended', execution: child }];
    return child.runtime === null && child.status === 'running' ? [{ kind: 'begun', execution: child }] : [];
  });
  return step.outcome === null ? turns : [...turns, ...(await end(tx, run, step.outcome))];
}

/** Appends a step to the run's record and keeps what it leads to: in its row, and in hand for the turns that follow. */
async function record(
  tx: Tx,
  run: WholeRun,
  graph: WorkflowGraph,
  ended: EngineExecution | null,
  step: Step,
  secrets: WorkflowSecrets,
): Promise<void> {
  const changes = run.steps === 0 || step.decision.transitions.some((one) => one.published !== undefined);
  const variables = changes ? sealVariables(tx, step.variables, secrets) : null;
  const recorded = {
    step: run.steps + 1,
    execution: ended?.id ?? null,
    decision: maskDecision(step.decision, secrets, graph.definition.output),
    state: step.state as unknown as JsonObject,
    variables,
    tasks: graph.nodes.length <= mostListed || step.outcome !== null ? step.tasks : null,
  };
  await workflowExecutions.record(tx, run.id, recorded);
  run.steps = recorded.step;
  run.state = recorded.state;
  if (variables === null) return;
  run.variables = variables;
  run.variables_step = recorded.step;
}

async function end(tx: Tx, run: LockedRun, outcome: Parameters<typeof endRun>[3]): Promise<Turn[]> {
  const turns = await endRun(tx, run.id, run.owner, outcome);
  run.status = outcome.status;
  run.owner = { ...run.owner, status: outcome.status };
  return turns;
}
