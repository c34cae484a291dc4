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
import { keepVariables, lockRun, wholeRun, type WholeRun } from './lock-run.ts';
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
  for (let at = 0; at < turns.length;) {
    const turn = turns[at] ?? first;
    const ended = turn.kind === 'begun' ? [] : endsFrom(turns, at);
    turns.push(...(turn.kind === 'begun' ? await begin(tx, runs, turn.execution) : await proceed(tx, runs, ended)));
    at += Math.max(1, ended.length);
  }
}

/** The ends of tasks of one run that follow each other: in a re-run thousands of items may end at one time. */
function endsFrom(turns: readonly Turn[], at: number): EngineExecution[] {
  const runOf = ({ kind, execution }: Turn): Id | undefined =>
    kind === 'ended' ? execution.workflow_task?.workflow_execution : undefined;
  const [first, ...others] = turns.slice(at);
  const other = others.findIndex((turn) => first === undefined || runOf(turn) !== runOf(first));
  return turns.slice(at, other < 0 ? undefined : at + 1 + other).map((turn) => turn.execution);
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
  return carryOut(tx, run, graph, [{ ended: null, step: decideFirst(graph, known) }], known.secrets);
}

/** What follows from the ends of tasks of one run, in their order. */
async function proceed(tx: Tx, runs: Runs, ends: readonly EngineExecution[]): Promise<Turn[]> {
  const id = ends[0]?.workflow_task?.workflow_execution;
  // a task of an older system has no visit
  const told = ends.flatMap((ended) => {
    const finished = finishedOf(tx, ended);
    return finished === undefined ? [] : [{ ended, finished }];
  });
  if (id === undefined || told.length === 0) return [];
  let locked = runs.get(id) ?? (await lockRun(tx, id));
  if (locked.paused) {
    for (const { ended } of told) await runTrees.keepEnd(tx, locked.id, { execution: ended.id, restarts: false });
    return [];
  }
  for (const { ended } of told) locked = await learnSecrets(tx, locked, ended);
  const { status } = locked.owner;
  if (status === 'canceling') return endIfQuiet(tx, locked);
  if (status !== 'running') return [];

  const run = await wholeRun(tx, locked);
  runs.set(run.id, run);
  const graph = await graphOf(tx, run.revision);
  const facts = await factsOf(tx, run, run.owner, graph);
  let state = run.state as unknown as RunState;
  let variables = openSecrets(run.variables, tx.vault);
  const steps: TakenStep[] = [];
  for (const { ended, finished } of told) {
    if (steps.at(-1)?.step.outcome != null) break;
    const recorded = await recordedFor(tx, graph, run.id, neededFor(graph, state, finished), finished);
    const step = decideNext(graph, state, variables, facts, finished, recorded);
    ({ state, variables } = step);
    steps.push({ ended, step });
  }
  return carryOut(tx, run, graph, steps, facts.secrets);
}

function finishedOf(
  tx: Tx,
  { workflow_task: task, status, result, started_at }: EngineExecution,
): Finished | undefined {
  if (task?.visit === undefined || task.attempt === undefined) return undefined;
  return {
    task: task.task_name,
    visit: task.visit,
    attempt: task.attempt,
    item: task.task_index,
    outcome: outcomeOf(status),
    result: openSecrets(result, tx.vault),
    started: started_at !== null,
  };
}

/** A step with the execution that it is about; null where the run begins. */
interface TakenStep {
  ended: EngineExecution | null;
  step: Step;
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
  steps: readonly TakenStep[],
  secrets: WorkflowSecrets,
): Promise<Turn[]> {
  await record(tx, run, graph, steps, secrets);
  for (const { ended, step } of steps) {
    await keepLists(tx, run.id, step.lists);
    if (step.retry !== null && ended !== null) {
      await executionQueue.setNextRetry(tx, ended.id, step.retry.delay_seconds);
    }
  }
  const starts = steps.flatMap(({ step }) => step.start);
  const children = await create(
    tx,
    starts.map((start) => wantedTask(run, graph, secrets, start)),
    { packRevision: run.owner.pack_revision, ...(await reuseFor(tx, run.owner, graph, starts)) },
  );
  const turns = children.flatMap<Turn>((child) => {
    if (isFinal(child.status)) return [{ kind: 'ended', execution: child }];
    return child.runtime === null && child.status === 'running' ? [{ kind: 'begun', execution: child }] : [];
  });
  const outcome = steps.at(-1)?.step.outcome ?? null;
  return outcome === null ? turns : [...turns, ...(await end(tx, run, outcome))];
}

/** Appends steps to the run's record and keeps what they lead to: in its row, and in hand for the turns that follow. */
async function record(
  tx: Tx,
  run: WholeRun,
  graph: WorkflowGraph,
  steps: readonly TakenStep[],
  secrets: WorkflowSecrets,
): Promise<void> {
  const last = steps.at(-1)?.step;
  if (last === undefined) return;
  const changes =
    run.steps === 0 || steps.some(({ step }) => step.decision.transitions.some((one) => one.published !== undefined));
  const variables = changes ? sealVariables(tx, last.variables, secrets) : null;
  const state = last.state as unknown as JsonObject;
  await workflowExecutions.record(tx, run.id, {
    steps: steps.map(({ ended, step }, index) => ({
      step: run.steps + index + 1,
      execution: ended?.id ?? null,
      decision: maskDecision(step.decision, secrets, graph.definition.output),
    })),
    state,
    variables,
    tasks: graph.nodes.length <= mostListed || last.outcome !== null ? last.tasks : null,
  });
  run.steps += steps.length;
  run.state = state;
  if (variables === null) return;
  run.variables = variables;
  run.variables_step = run.steps;
  keepVariables(tx, run);
}

async function end(tx: Tx, run: LockedRun, outcome: Parameters<typeof endRun>[3]): Promise<Turn[]> {
  const turns = await endRun(tx, run.id, run.owner, outcome);
  run.status = outcome.status;
  run.owner = { ...run.owner, status: outcome.status };
  return turns;
}
