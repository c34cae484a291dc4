import { AttuneError } from '../../errors.ts';
import { actionGone, prepareParameters } from '../../execution/prepare.ts';
import type { Instant } from '../../execution/execution.ts';
import type { JsonObject } from '../../json.ts';
import { packOf } from '../../pack/names.ts';
import { secretPaths } from '../../secret/paths.ts';
import { advance, awaitsRetry, begin, retried } from '../conductor/conductor.ts';
import type { Finished, RunOutcome, Step, TaskStart } from '../conductor/step.ts';
import type { WorkflowDefinition } from '../definition.ts';
import { buildGraph, nodeOf } from '../graph/graph.ts';
import { exposedBy, exposure } from '../secrets/exposed.ts';
import { secretViewPaths } from '../secrets/result-paths.ts';
import { secretsOf } from '../secrets/secrets.ts';
import { Agenda, type OrderedEntry } from './agenda.ts';
import { conditionsOf } from './conditions.ts';
import { assumedEnding, limited, limitOf, mayRestart, overdue, type Told } from './ending.ts';
import { endKey, successorKey } from './key.ts';
import type { KnownActions, PackSettings } from './known-action.ts';
import { maskEnd, maskStep } from './mask.ts';
import { isLive, newRun, stateOf, type Attempt, type Run } from './run.ts';
import type { DecidedStep, EndedAttempt, SimulatedStep, Simulation, StartedAttempt } from './simulation.ts';
import { standingsOf } from './standing.ts';
import type { Ending, ResultSource } from './source.ts';

/** What a simulated run has around it. */
export interface World {
  actions: KnownActions;
  settings: (pack_ref: string) => PackSettings;
  keystore: JsonObject;
  /** When the outermost run begins, in milliseconds since 1970. */
  start_ms: number;
  /** Whether secrets stand in what is told, or masks in their places. */
  shows_secrets: boolean;
  /** Most decisions, nested runs included. */
  most_decisions: number;
}

/** What a run is told. Turns that follow from another are taken after those that wait already, as the engine does. */
type Turn = { kind: 'begun'; run: Run } | { kind: 'ended'; attempt: Attempt; told: Told };

type LastStep = Step & { outcome: RunOutcome };
const isLast = (step: Step): step is LastStep => step.outcome !== null;

/** What is still to happen. */
type Due =
  | { kind: 'end'; attempt: Attempt; ending: Ending }
  | { kind: 'successor'; attempt: Attempt; reason: 'retry' | 'restart' }
  | { kind: 'begin'; run: Run }
  | { kind: 'stop'; run: Run; told: Told };

/** Plays a run: the engine's part without a database, with ends from a source and a clock that jumps from one to the next. */
export class Simulator {
  /** What was decided, in order. */
  readonly steps: SimulatedStep[] = [];
  /** Attempts that ended so because the source had no answer. */
  readonly assumed: Simulation['assumed'] = [];
  readonly #world: World;
  readonly #agenda: Agenda<Due>;
  #decisions = 0;

  constructor(world: World, order: readonly OrderedEntry[]) {
    this.#world = world;
    this.#agenda = new Agenda(order);
  }

  /** Plays a workflow to its end.
   *  @throws AttuneError invalid_workflow where it takes more decisions than it may */
  play(workflow: WorkflowDefinition, parameters: JsonObject, source: ResultSource): Omit<Simulation, 'departures'> {
    const run = this.#newRun(workflow, parameters, { name: [], source, parent: null });
    let last = this.#settle([{ kind: 'begun', run }]);
    while (last === null) {
      const due = this.#agenda.next();
      if (due === undefined) throw new Error(`The run of ${workflow.ref} waits for nothing and has not ended`);
      last = this.#settle(this.#happen(due));
    }
    const end = { parameters, variables: last.variables, result: last.outcome.result };
    return {
      workflow_ref: workflow.ref,
      ...(this.#world.shows_secrets ? end : maskEnd(end, run)),
      status: last.outcome.status,
      tasks: standingsOf(last.tasks, workflow, this.steps),
      duration_seconds: this.#agenda.now,
      steps: this.steps,
      assumed: this.assumed,
    };
  }

  /** @returns the last step of the outermost run, once it has ended. */
  #settle(turns: Turn[]): LastStep | null {
    for (const turn of turns) {
      const run = turn.kind === 'begun' ? turn.run : turn.attempt.run;
      if (!isLive(run)) continue; // what is told to a run that has ended decides nothing
      const step = turn.kind === 'begun' ? this.#begin(turn.run) : this.#advance(turn.attempt, turn.told);
      turns.push(...this.#carryOut(run, turn.kind === 'ended' ? turn.attempt : null, step));
      if (run.parent === null && isLast(step)) return step;
    }
    return null;
  }

  #happen(due: Due): Turn[] {
    switch (due.kind) {
      case 'begin':
        return [{ kind: 'begun', run: due.run }];
      case 'successor':
        return this.#succeed(due.attempt, due.reason);
      case 'stop':
        due.run.hasEnded = true; // and with it all below
        return due.run.parent === null ? [] : [{ kind: 'ended', attempt: due.run.parent, told: due.told }];
      case 'end': {
        const { attempt, ending } = due;
        if (ending.outcome !== 'abandoned' || !mayRestart(attempt)) return [{ kind: 'ended', attempt, told: ending }];
        return this.#succeed(attempt, 'restart');
      }
    }
  }

  #begin(run: Run): Step {
    const { conditions, witness } = conditionsOf();
    const step = begin(run.graph, run.facts, witness);
    this.#record(run, null, step, conditions);
    return step;
  }

  #advance(attempt: Attempt, told: Told): Step {
    const { run, name, error } = attempt;
    const { outcome, result, from, started = true } = told;
    if (from === 'assumed') this.assumed.push({ run: run.name, ...name });
    const finished: Finished = { ...name, outcome, result, started: started && error === undefined };
    const { conditions, witness } = conditionsOf();
    const { state, variables } = stateOf(run);
    const step = advance(run.graph, state, variables, run.facts, finished, run.memory, witness);
    run.memory.add(finished);
    this.#record(run, { ...name, outcome, result, from }, step, conditions);
    return step;
  }

  /** Keeps what a step came to, and creates what it starts: in the order in which the engine would tell the run about it. */
  #carryOut(run: Run, ended: Attempt | null, step: Step): Turn[] {
    run.now = step;
    run.memory.addLists(step.lists);
    if (step.retry !== null && ended !== null) {
      const next = { ...ended, name: { ...ended.name, attempt: ended.name.attempt + 1 } };
      this.#enter(successorKey(run.name, next.name), step.retry.delay_seconds, {
        kind: 'successor',
        attempt: { ...next, retry_count: step.retry.retry_count },
        reason: 'retry',
      });
    }
    const turns = step.start.flatMap((start) => this.#start(this.#attemptOf(run, start)));
    if (step.outcome === null) return turns;
    run.hasEnded = true;
    if (run.parent === null) return turns;
    const { status, result } = step.outcome;
    const outcome = ({ completed: 'succeeded', failed: 'failed', cancelled: 'cancelled' } as const)[status];
    return [...turns, { kind: 'ended', attempt: run.parent, told: { outcome, result, from: 'workflow' } }];
  }

  #attemptOf(run: Run, start: TaskStart): Attempt {
    const { task, visit, attempt } = start;
    const action = this.#world.actions(start.action);
    const inherits = nodeOf(run.graph, task).definition.input === 'inherit';
    const prepared = action === undefined ? undefined : prepareParameters(action, start.input, inherits);
    const exposed = exposedBy(run.secrets.input(task), action?.parameters, inherits);
    const refused = exposed.length > 0 ? exposure(exposed, start.action) : prepared?.error;
    return {
      run,
      name: { task, visit, attempt, item: start.item?.index ?? null },
      start,
      action,
      input: prepared?.config ?? start.input,
      retry_count: start.retry_count,
      error: start.error ?? (action === undefined ? actionGone(start.action) : refused),
    };
  }

  /** What cannot start has failed at once; a nested workflow begins, unless a result is given for it; all else is over when the
   *  source says so. */
  #start(attempt: Attempt, delay = attempt.start.delay_seconds): Turn[] {
    const { run, name, action, input, error } = attempt;
    if (error !== undefined || action === undefined) {
      const result = { succeeded: false, error: error ?? null };
      return [{ kind: 'ended', attempt, told: { outcome: 'failed', result, from: 'not_started' } }];
    }
    const asked = { ...name, action, input };
    const ending = run.source.endingOf(asked);
    if (ending === undefined && action.workflow !== null) return this.#nest(attempt, action.workflow, delay);
    const within = limited(ending ?? assumedEnding(), limitOf(attempt));
    this.#enter(endKey(run.name, name), delay + within.duration_seconds, { kind: 'end', attempt, ending: within });
    return [];
  }

  #nest(attempt: Attempt, workflow: WorkflowDefinition, delay: number): Turn[] {
    const { run, name, action, input } = attempt;
    if (action === undefined) return [];
    const asked = { ...name, action, input };
    const source = run.source.within(asked);
    const nested = this.#newRun(workflow, input, { name: [...run.name, name], source, parent: attempt }, delay);
    const seconds = limitOf(attempt) ?? Infinity;
    const told = run.source.stopOf?.(asked) ?? overdue(seconds);
    this.#enter(endKey(run.name, name), delay + seconds, { kind: 'stop', run: nested, told });
    // A record tells when the tasks of a nested run ended, and with that when it began.
    if (delay === 0 || this.#agenda.isFollowing) return [{ kind: 'begun', run: nested }];
    this.#enter(`begin ${endKey(run.name, name)}`, delay, { kind: 'begin', run: nested });
    return [];
  }

  /** Creates the next attempt of a task: the same action with the same input. */
  #succeed(before: Attempt, reason: 'retry' | 'restart'): Turn[] {
    const { run } = before;
    const { task, visit, item } = before.name;
    const now = stateOf(run);
    if (reason === 'retry' && !awaitsRetry(now.state, task, visit, item)) return [];
    const attempt =
      reason === 'retry' ? before : { ...before, name: { ...before.name, attempt: before.name.attempt + 1 } };
    run.now = { variables: now.variables, state: retried(run.graph, now.state, attempt.name) };
    run.steps += 1;
    this.steps.push({
      kind: 'successor',
      run: run.name,
      step: run.steps,
      at_seconds: this.#agenda.now,
      reason,
      ...attempt.name,
    });
    return this.#start(attempt, 0);
  }

  #enter(key: string, after_seconds: number, what: Due): void {
    const run = 'run' in what ? what.run : what.attempt.run;
    this.#agenda.add({ at_seconds: this.#agenda.now + after_seconds, key, isAwaited: () => isLive(run), what });
  }

  #newRun(
    workflow: WorkflowDefinition,
    parameters: JsonObject,
    place: Pick<Run, 'name' | 'source' | 'parent'>,
    delay = 0,
  ): Run {
    const { settings, keystore, start_ms, actions } = this.#world;
    const workflow_start = instantAt(start_ms + (this.#agenda.now + delay) * 1_000);
    const { config, conf_schema } = settings(packOf(workflow.ref));
    const results = workflow.tasks.map(({ name, action }) => [name, secretViewPaths(actions(action)?.output)] as const);
    const secrets = secretsOf(workflow, { config: secretPaths(conf_schema), results: Object.fromEntries(results) });
    const facts = { parameters, config, keystore, workflow_start, secrets };
    return newRun(buildGraph(workflow), facts, place);
  }

  #record(
    run: Run,
    ended: EndedAttempt | null,
    step: Step,
    conditions: ReturnType<typeof conditionsOf>['conditions'],
  ): void {
    this.#decisions += 1;
    const { most_decisions } = this.#world;
    if (this.#decisions > most_decisions) {
      const message = `The simulation was given up after ${most_decisions} decisions: a loop, or a workflow that nests itself, does not come to its end with these results`;
      throw new AttuneError('invalid_workflow', message);
    }
    run.steps += 1;
    const decided: DecidedStep = {
      kind: 'decided',
      run: run.name,
      step: run.steps,
      at_seconds: this.#agenda.now,
      ended,
      decision: step.decision,
      conditions,
      started: step.start.map((start) => this.#startedOf(run, start)),
    };
    this.steps.push(this.#world.shows_secrets ? decided : maskStep(decided, run, this.#world.actions));
  }

  #startedOf(run: Run, start: TaskStart): StartedAttempt {
    const attempt = this.#attemptOf(run, start);
    return {
      ...attempt.name,
      action_ref: start.action,
      input: attempt.input,
      delay_seconds: start.delay_seconds,
      timeout_seconds: limitOf(attempt),
      ...(attempt.error === undefined ? {} : { error: attempt.error }),
    };
  }
}

const instantAt = (ms: number): Instant => new Date(ms).toISOString().replace('Z', '000Z');
