import type { Decision, DecidedTarget, EvaluatedTransition } from '../conductor/decision.ts';
import type { Outcome } from '../conductor/step.ts';
import type { TaskDefinition } from '../definition.ts';
import { nodeOf, type WorkflowGraph } from '../graph/graph.ts';
import { isSamePosition, type Position } from '../graph/position.ts';
import {
  mostRunsShown,
  type Arrival,
  type ItemsExplanation,
  type TaskExplanation,
  type TaskRunExplanation,
  type TransitionExplanation,
} from './explanation.ts';
import type { Proofs } from './proven.ts';

/** What a task did so far. */
export interface TaskStory {
  runs: Map<number, TaskRunExplanation>;
  runs_total: number;
  refusals: TaskExplanation['refusals'];
  /** By the index of its transitions. */
  transitions: { evaluated: number; fired: number }[];
  /** Transitions that led to its join while that was not met, by position. */
  arrivals: { position: Position; because: Arrival[] }[];
}

/** A run as its decisions tell it, one after another; of each task only the last runs are kept. */
export class RunStory {
  readonly tasks: ReadonlyMap<string, TaskStory>;
  readonly failures: string[] = [];
  readonly #graph: WorkflowGraph;

  constructor(graph: WorkflowGraph) {
    this.#graph = graph;
    this.tasks = new Map([...graph.tasks.values()].map(({ definition }) => [definition.name, newTask(definition)]));
  }

  /** @param proofs of the conditions that were evaluated in this step, as far as they are known. */
  add(decision: Decision, proofs: Proofs): void {
    if (decision.ignored !== undefined) return;
    this.failures.push(...(decision.failures ?? []).filter((reason) => !this.failures.includes(reason)));
    this.#end(decision, proofs);
    for (const target of decision.targets) this.#lead(target, decision, proofs);
    for (const { task, visit, to } of decision.released ?? []) {
      const items = this.#run(task, visit)?.items;
      if (items != null) items.released = to;
    }
    for (const transition of decision.transitions) this.#evaluate(transition, proofs);
  }

  #end({ finished, retry }: Decision, proofs: Proofs): void {
    if (finished === null) return;
    const { task, visit, item = null, attempt, outcome } = finished;
    const run = this.#run(task, visit);
    if (run === undefined) return;
    if (retry === undefined) endAttempt(run, outcome);
    const policy = this.#definition(task).retry;
    if (policy === null || !isFailure(outcome)) return;
    const of = { kind: 'retry', task, visit } as const;
    const recorded = { value: retry !== undefined, error: null };
    const on_error = policy.on_error === null ? null : proofs.of(of, policy.on_error, recorded);
    if (retry === undefined && on_error?.proof == null) return; // its retries were spent, or given up
    const { retry_count = null, delay_seconds = null } = retry ?? {};
    run.retries.push({ item, attempt, outcome, retry_count, delay_seconds, on_error });
    if (run.retries.length > mostRunsShown) run.retries.shift();
  }

  #lead(target: DecidedTarget, decision: Decision, proofs: Proofs): void {
    const { task, by, fate, visit, position = {}, reason = null } = target;
    const because = by === undefined ? null : arrivalOf(this.#graph, task, by, decision.transitions);
    if (by !== undefined) {
      this.#run(by.task, by.visit)?.led_to.push({ task, fate, visit: visit ?? null, reason });
    }
    const story = this.tasks.get(task);
    if (story === undefined) return; // a reserved word
    if (fate === 'waiting' && because !== null) wait(story, position, because);
    if (fate === 'refused') story.refusals.push({ because, position, reason: reason ?? '' });
    if (visit !== undefined) this.#begin(story, target, visit, because, proofs);
  }

  #begin(story: TaskStory, target: DecidedTarget, visit: number, because: Arrival | null, proofs: Proofs): void {
    const { task, fate, position = {}, items } = target;
    const { when } = this.#definition(task);
    const recorded = { value: fate === 'started', error: null };
    story.runs.set(visit, {
      visit,
      position,
      because: [...takeArrivals(story, position), ...(because === null ? [] : [because])],
      when: when === null ? null : proofs.of({ kind: 'task', task, visit }, when, recorded),
      outcome: fate === 'skipped' ? 'skipped' : items === 0 ? 'succeeded' : null,
      items: items === undefined ? null : newItems(items),
      transitions: [],
      led_to: [],
      retries: [],
    });
    story.runs_total += 1;
    const [oldest] = story.runs.keys();
    if (story.runs.size > mostRunsShown && oldest !== undefined) story.runs.delete(oldest);
  }

  #evaluate(transition: EvaluatedTransition, proofs: Proofs): void {
    const { task, visit, index, fired, published = {} } = transition;
    const error = transition.error ?? null;
    const counts = this.tasks.get(task)?.transitions[index];
    const definition = this.#definition(task).next[index];
    if (counts === undefined || definition === undefined) return;
    counts.evaluated += 1;
    if (fired) counts.fired += 1;
    const recorded = fired || error === null ? { value: fired, error: null } : { value: null, error };
    const of = { kind: 'transition', task, visit, index } as const;
    const when = definition.when === null ? null : proofs.of(of, definition.when, recorded);
    const explained: TransitionExplanation = { index, when, fired, published, do: definition.do, error };
    this.#run(task, visit)?.transitions.push(explained);
  }

  #run(task: string, visit: number): TaskRunExplanation | undefined {
    return this.tasks.get(task)?.runs.get(visit);
  }

  #definition(task: string): TaskDefinition {
    return nodeOf(this.#graph, task).definition;
  }
}

const newTask = ({ next }: TaskDefinition): TaskStory => ({
  runs: new Map(),
  runs_total: 0,
  refusals: [],
  transitions: next.map(() => ({ evaluated: 0, fired: 0 })),
  arrivals: [],
});

const newItems = (count: number): ItemsExplanation => ({
  count,
  released: 0,
  ended: { succeeded: 0, failed: 0, timed_out: 0, cancelled: 0 },
  rest: null,
});

const isFailure = (outcome: Outcome): boolean => outcome !== 'succeeded' && outcome !== 'cancelled';

/** Of a task with items the worst end of one is the task's; whether that has ended is not said here. */
function endAttempt(run: TaskRunExplanation, outcome: Outcome): void {
  if (run.items === null) {
    run.outcome = outcome;
    return;
  }
  const ended = outcome === 'abandoned' ? 'failed' : outcome;
  run.items.ended[ended] += 1;
  const order = ['succeeded', 'timed_out', 'failed', 'cancelled'] as const;
  run.outcome = order.findLast((one) => one === ended || one === run.outcome) ?? ended;
}

/** The transitions of a run that fired and named a task; a target that several name is acted on once. */
function arrivalOf(
  graph: WorkflowGraph,
  target: string,
  by: { task: string; visit: number },
  evaluated: readonly EvaluatedTransition[],
): Arrival {
  const { next } = nodeOf(graph, by.task).definition;
  const transitions = evaluated
    .filter((one) => one.task === by.task && one.visit === by.visit && one.fired)
    .filter((one) => next[one.index]?.do.includes(target))
    .map((one) => one.index);
  return { ...by, transitions };
}

function wait(story: TaskStory, position: Position, arrival: Arrival): void {
  const known = story.arrivals.find((one) => isSamePosition(one.position, position));
  if (known === undefined) story.arrivals.push({ position, because: [arrival] });
  else known.because.push(arrival);
}

function takeArrivals(story: TaskStory, position: Position): Arrival[] {
  const known = story.arrivals.findIndex((one) => isSamePosition(one.position, position));
  return known < 0 ? [] : story.arrivals.splice(known, 1).flatMap((one) => one.because);
}
