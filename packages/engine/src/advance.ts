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
  breakPoint,
  actions,
  executionQueue,
  runTrees,
  workflowExecutions,
  type EngineExecution,
  type LockedRun,
  type NewExecution,
  type Tx,
} from '@attune/db';
import { ask } from './ask.ts';
import { claimsOf, type ClaimedExecution } from './claim.ts';
import { rowsFor } from './create.ts';
import { endRuns, type RunOutcome } from './end-run.ts';
import { factsOf, keepFacts, learnSecrets, sealVariables } from './facts.ts';
import { graphOf } from './graph.ts';
import { takerOf, type HandOver, type Taker } from './hand-over.ts';
import { keepVariables, lockRun, wholeRun, type WholeRun } from './lock-run.ts';
import { outcomeOf } from './outcome.ts';
import { keepLists, recordedFor } from './recorded.ts';
import { beginRerun, reuseFor } from './reuse.ts';
import type { Turn } from './turn.ts';
import { Unwritten, type DecidedSteps } from './unwritten.ts';
import { wantedTask } from './wanted-task.ts';

/** Most tasks of a workflow whose lists of tasks are written at each step: with more, they are written when its run ends. */
const mostListed = 200;

/** The runs that turns are about, each locked and read once, by their ids. */
type Runs = Map<Id, LockedRun>;

/** What an advance may do beside its own. */
export interface Advancing {
  /** Runs that are locked already, and nothing was done to since. */
  locked?: readonly LockedRun[];
  /** Who takes tasks as they are created. @default nobody: they wait for a claim */
  handOver?: HandOver | undefined;
  /** False: where a run is locked by somebody else, `Busy` is thrown instead of waiting for it. @default true */
  patient?: boolean;
}

/** What an advance led to, beside rows. */
export interface Advanced {
  /** Tasks that were handed over as they were created: known once the transaction is committed. */
  handedOver: ClaimedExecution[];
  /** Whether something waits for a worker now. */
  schedules: boolean;
  /** Whether something waits for a time: a retry, a delayed task. */
  waits: boolean;
}

/** Tells a workflow what happened and does what it decides; see `advanceAll`.
 *  @param locked the run that the execution is a task of, where it is locked already and nothing was done to it since */
export const advance = async (tx: Tx, first: Turn, locked?: LockedRun): Promise<void> => {
  await advanceAll(tx, [first], locked === undefined ? {} : { locked: [locked] });
};

/** Tells workflows what happened and does what they decide: creates the next tasks, sets retries, ends the runs. What follows at
 *  once (nested workflows that begin, tasks that cannot start, parents whose task ended) follows in the same transaction, round by round.
 *  A round takes as many statements for a hundred runs as for one. */
export async function advanceAll(tx: Tx, first: readonly Turn[], advancing: Advancing = {}): Promise<Advanced> {
  const runs: Runs = new Map((advancing.locked ?? []).map((run) => [run.id, run]));
  const advanced: Advanced = { handedOver: [], schedules: false, waits: false };
  const takes = takerOf(advancing.handOver);
  const unwritten = new Unwritten(tx);
  const patient = advancing.patient ?? true;
  for (let turns = first; turns.length > 0;) {
    const follow: Turn[] = [];
    const decided: Decided[] = [];
    for (const { begun, ended } of byRun(turns)) {
      const answer =
        begun === undefined ? await proceed(tx, runs, ended, patient, unwritten) : await begin(tx, runs, begun);
      if (answer === undefined) continue;
      if (Array.isArray(answer)) follow.push(...answer);
      else decided.push(answer);
    }
    turns = [...follow, ...(await carryOut(tx, decided, takes, advanced, unwritten))];
  }
  unwritten.flush();
  return advanced;
}

/** Turns by what they are about: a run's ends together, in their order, for in a re-run thousands of items may end at one time. */
function byRun(turns: readonly Turn[]): { begun?: EngineExecution; ended: EngineExecution[] }[] {
  const groups: { begun?: EngineExecution; ended: EngineExecution[] }[] = [];
  const known = new Map<Id, EngineExecution[]>();
  for (const { kind, execution } of turns) {
    const run = execution.workflow_task?.workflow_execution;
    if (kind === 'begun') groups.push({ begun: execution, ended: [] });
    else if (run !== undefined) {
      const ended = known.get(run) ?? [];
      if (ended.length === 0) groups.push({ ended });
      known.set(run, ended);
      ended.push(execution);
    }
  }
  return groups;
}

async function begin(tx: Tx, runs: Runs, begun: EngineExecution): Promise<Turn[] | Decided> {
  if (begun.workflow_def === null) return ask(tx, begun);
  const owner = await beginRerun(tx, begun);
  const { revision, workflow_def } = owner;
  if (revision === null || workflow_def === null) throw new Error(`Execution ${owner.id} names no revision`);
  const graph = await graphOf(tx, revision);
  const facts = await keepFacts(tx, owner, graph);
  const { id } = await workflowExecutions.insert(tx, { execution: owner.id, workflow_def, revision, facts });
  breakPoint('advance.begun');
  const run: WholeRun = {
    ...{ id, execution: owner.id, workflow_def, revision, owner, facts, state: {}, variables: {}, variables_step: 0 },
    ...{
      status: 'running',
      paused: false,
      steps: 0,
      lacks_parameters: false,
      registry: await actions.registryVersion(tx),
    },
  };
  runs.set(id, run);
  const known = await factsOf(tx, run, owner, graph);
  return { run, graph, steps: [{ ended: null, step: decideFirst(graph, known) }], secrets: known.secrets };
}

/** What follows from the ends of tasks of one run, in their order; undefined where nothing does. */
async function proceed(
  tx: Tx,
  runs: Runs,
  ends: readonly EngineExecution[],
  patient: boolean,
  unwritten: Unwritten,
): Promise<Turn[] | Decided | undefined> {
  const id = ends[0]?.workflow_task?.workflow_execution;
  // a task of an older system has no visit
  const told = ends.flatMap((ended) => {
    const finished = finishedOf(tx, ended);
    return finished === undefined ? [] : [{ ended, finished }];
  });
  if (id === undefined || told.length === 0) return undefined;
  let locked = runs.get(id) ?? (await lockRun(tx, id, patient));
  if (locked.paused) {
    unwritten.flush();
    for (const { ended } of told) await runTrees.keepEnd(tx, locked.id, { execution: ended.id, restarts: false });
    breakPoint('advance.kept_end');
    return undefined;
  }
  for (const { ended } of told) locked = await learnSecrets(tx, locked, ended);
  const { status } = locked.owner;
  if (status === 'canceling') {
    unwritten.flush();
    return endIfQuiet(tx, locked);
  }
  if (status !== 'running') return undefined;

  const run = await wholeRun(tx, locked);
  runs.set(run.id, run);
  const graph = await graphOf(tx, run.revision);
  const facts = await factsOf(tx, run, run.owner, graph);
  let state = run.state as unknown as RunState;
  let variables = openSecrets(run.variables, tx.vault);
  const steps: TakenStep[] = [];
  for (const { ended, finished } of told) {
    if (steps.at(-1)?.step.outcome != null) break;
    const needed = neededFor(graph, state, finished);
    if (needed.results.length > 0) unwritten.flush();
    const recorded = await recordedFor(tx, graph, run.id, needed, finished);
    const step = decideNext(graph, state, variables, facts, finished, recorded);
    ({ state, variables } = step);
    steps.push({ ended, step });
  }
  return { run, graph, steps, secrets: facts.secrets };
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

/** What a run decided, still to be carried out. */
interface Decided {
  run: WholeRun;
  graph: WorkflowGraph;
  steps: readonly TakenStep[];
  secrets: WorkflowSecrets;
}

/** A run that is being cancelled ends with its last living task; nothing is decided any more. */
async function endIfQuiet(tx: Tx, run: LockedRun): Promise<Turn[]> {
  if (await executionQueue.hasLivingChild(tx, run.owner.id)) return [];
  return end(tx, [
    { run, outcome: { status: 'cancelled', result: { error: 'Workflow cancelled', succeeded: false } } },
  ]);
}

async function carryOut(
  tx: Tx,
  decided: readonly Decided[],
  takes: Taker,
  advanced: Advanced,
  unwritten: Unwritten,
): Promise<Turn[]> {
  if (decided.length === 0) return [];
  unwritten.record(recordOf(tx, decided));
  const rows: NewExecution[] = [];
  for (const { run, graph, steps, secrets } of decided) {
    for (const { ended, step } of steps) {
      await keepLists(tx, run.id, step.lists);
      if (step.retry === null || ended === null) continue;
      unwritten.flush();
      await executionQueue.setNextRetry(tx, ended.id, step.retry.delay_seconds);
      advanced.waits = true;
    }
    const starts = steps.flatMap(({ step }) => step.start);
    const wanted = starts.map((start) => wantedTask(run, graph, secrets, start));
    const { owner, registry } = run;
    const reuse = await reuseFor(tx, owner, graph, starts);
    rows.push(...(await rowsFor(tx, wanted, { packRevision: owner.pack_revision, registry, ...reuse })));
  }
  const { ended, rows: waiting } = await unwritten.add(await takes(tx, rows));
  const turns = ended.map((execution): Turn => ({ kind: 'ended', execution }));
  const ending = decided.flatMap(({ run, steps }) => {
    const outcome = steps.at(-1)?.step.outcome ?? null;
    return outcome === null ? [] : [{ run, outcome }];
  });
  // as long as all that was decided was run at once, nobody has to see it yet
  if (waiting.length > 0 || ending.length > 0) unwritten.flush();
  breakPoint('advance.recorded');
  turns.push(...(await insert(tx, waiting, advanced)));
  breakPoint('advance.created');
  return [...turns, ...(await end(tx, ending))];
}

/** Creates the next tasks. Only where something follows from one at once is its row waited for; else it travels with the commit. */
async function insert(tx: Tx, rows: readonly NewExecution[], advanced: Advanced): Promise<Turn[]> {
  if (rows.length === 0) return [];
  for (const { status, delay_seconds } of rows) {
    if (status === 'scheduled') advanced.schedules = true;
    if ((status === 'scheduled' && delay_seconds > 0) || status === 'requested') advanced.waits = true;
  }
  const goesOn = rows.some(({ status, runtime }) => isFinal(status) || (runtime === null && status === 'running'));
  const claimsFrom = await claimsOf(
    tx,
    rows.filter((row) => row.worker != null),
  );
  const inserted = executionQueue.insertMany(tx, rows).then((children) => {
    advanced.handedOver.push(...claimsFrom(children));
    return children;
  });
  if (!goesOn) {
    tx.along(inserted);
    return [];
  }
  return (await inserted).flatMap<Turn>((child) => {
    if (isFinal(child.status)) return [{ kind: 'ended', execution: child }];
    return child.runtime === null && child.status === 'running' ? [{ kind: 'begun', execution: child }] : [];
  });
}

/** What is to be appended to the records of runs, and kept in their rows; kept in hand, too, for the turns that follow. */
function recordOf(tx: Tx, decided: readonly Decided[]): DecidedSteps[] {
  return decided.flatMap(({ run, graph, steps, secrets }) => {
    const last = steps.at(-1)?.step;
    if (last === undefined) return [];
    const changes =
      run.steps === 0 || steps.some(({ step }) => step.decision.transitions.some((one) => one.published !== undefined));
    const variables = changes ? sealVariables(tx, last.variables, secrets) : null;
    const state = last.state as unknown as JsonObject;
    const entry = {
      run: run.id,
      steps: steps.map(({ ended, step }, index) => ({
        step: run.steps + index + 1,
        execution: ended?.id ?? null,
        decision: maskDecision(step.decision, secrets, graph.definition.output),
      })),
      state,
      variables,
      tasks: () => (graph.nodes.length <= mostListed || last.outcome !== null ? last.tasks : null),
    };
    run.steps += steps.length;
    run.state = state;
    if (variables !== null) {
      run.variables = variables;
      run.variables_step = run.steps;
      keepVariables(tx, run);
    }
    return [{ ...entry, variables_step: run.variables_step }];
  });
}

async function end(tx: Tx, ending: readonly { run: LockedRun; outcome: RunOutcome }[]): Promise<Turn[]> {
  const turns = await endRuns(
    tx,
    ending.map(({ run, outcome }) => ({ run: run.id, owner: run.owner, outcome })),
  );
  for (const { run, outcome } of ending) {
    run.status = outcome.status;
    run.owner = { ...run.owner, status: outcome.status };
  }
  return turns;
}
