import { arrivalsNeeded, expectedAt } from '../conductor/arrive.ts';
import { markedOf } from '../conductor/marks.ts';
import { activeRuns, itemsRun, listOf, own, type Arrivals, type RunState } from '../conductor/state.ts';
import { nodeOf, type TaskNode, type WorkflowGraph } from '../graph/graph.ts';
import { mayLeadTo, type Position } from '../graph/position.ts';
import {
  itemStates,
  type ItemsExplanation,
  type LeadingTransition,
  type TaskState,
  type WaitingJoin,
} from './explanation.ts';
import type { RunStory, TaskStory } from './story.ts';

/** What may still come of a run. */
export class Outlook {
  readonly #graph: WorkflowGraph;
  readonly #state: RunState;
  readonly #standing: RunStanding;
  /** What is under way. */
  readonly #active: readonly { task: string; visit: number; position: Position }[];
  /** The same, as long as something may start after it: a task that was cancelled alone does not stop the others. */
  readonly #leading: readonly { task: string; position: Position }[];

  /** @param standing how the execution of the run stands, which the conductor does not know. */
  constructor(graph: WorkflowGraph, state: RunState, standing: RunStanding) {
    this.#graph = graph;
    this.#state = state;
    this.#standing = standing;
    this.#active = standing === 'ended' ? [] : [...activeRuns(graph, state)];
    this.#leading = standing === 'open' && state.failure === null ? this.#active : [];
  }

  isActive(task: string, visit?: number): boolean {
    return this.#active.some((run) => run.task === task && (visit === undefined || run.visit === visit));
  }

  stateOf(node: TaskNode, story: TaskStory): TaskState {
    const task = node.definition.name;
    if (this.isActive(task)) return 'active';
    const arrivals = listOf(this.#state.waiting, task);
    if (arrivals.some((one) => this.#mayBeMet(node, one))) return 'waiting_for_join';
    const isUnmet = arrivals.length > 0 || own(this.#state.unmet, task) !== undefined;
    // in another iteration of a loop before it, its join is another one
    if (isUnmet && (node.passed.length === 0 || !this.#mayReach(task))) return 'join_unmet';
    const last = [...story.runs.values()].at(-1);
    if (last !== undefined) return last.outcome === 'skipped' ? 'skipped' : 'ended';
    if (story.refusals.length > 0) return 'refused';
    if (this.#standing === 'ended') return 'run_ended';
    if (this.#standing === 'canceling') return 'run_canceling';
    if (this.#state.failure !== null) return 'run_failing';
    return this.#mayReach(task) ? 'not_reached' : 'no_path';
  }

  /** Why items of a run that has not ended have not started. */
  restOf(task: string, visit: number): ItemsExplanation['rest'] {
    const run = itemsRun(this.#state, task, visit);
    if (run === undefined || !this.isActive(task, visit) || run.next >= run.count) return null;
    const state = run.stops || this.#leading.length === 0 ? 'items_stopped' : 'waiting_for_item_slot';
    const limit = state === 'items_stopped' ? '' : ` (${run.limit} at a time)`;
    return { state, message: `${run.count - run.next} of ${run.count} have not started: ${itemStates[state]}${limit}` };
  }

  /** The transitions that name a task, with what they came to. */
  transitionsTo(target: string, story: RunStory): LeadingTransition[] {
    return nodeOf(this.#graph, target).predecessors.flatMap((task) =>
      nodeOf(this.#graph, task).definition.next.flatMap((transition, index) => {
        if (!transition.do.includes(target)) return [];
        const { evaluated, fired } = story.tasks.get(task)?.transitions[index] ?? { evaluated: 0, fired: 0 };
        return [{ task, index, condition: transition.when, evaluated, fired, may_still_fire: this.#mayReach(task) }];
      }),
    );
  }

  /** What a task's join waits for, or waited for in vain, at every position that was reached. */
  joinsOf(node: TaskNode): WaitingJoin[] {
    const task = node.definition.name;
    const unmet = own(this.#state.unmet, task);
    return [...(unmet === undefined ? [] : [unmet]), ...listOf(this.#state.waiting, task)].map((arrivals) => ({
      position: arrivals.position,
      needed: arrivalsNeeded(this.#graph, node, arrivals.position),
      arrived: markedOf(node.predecessors, arrivals.from),
      missing: this.#missing(node, arrivals).map((source) => ({
        task: source,
        may_still_come: this.#mayCome(node, arrivals.position, source),
      })),
    }));
  }

  #missing(node: TaskNode, { position, from }: Arrivals): string[] {
    const arrived = markedOf(node.predecessors, from);
    return expectedAt(this.#graph, node, position).filter((source) => !arrived.includes(source));
  }

  #mayBeMet(node: TaskNode, arrivals: Arrivals): boolean {
    const { position, from } = arrivals;
    const coming = this.#missing(node, arrivals).filter((source) => this.#mayCome(node, position, source));
    return markedOf(node.predecessors, from).length + coming.length >= arrivalsNeeded(this.#graph, node, position);
  }

  /** Whether something under way may still lead through `source` to a join at a position. */
  #mayCome(node: TaskNode, position: Position, source: string): boolean {
    const join = { task: node.definition.name, position };
    return this.#leading.some((run) => this.#graph.reaches(run.task, source) && mayLeadTo(this.#graph, run, join));
  }

  #mayReach(task: string): boolean {
    return this.#leading.some((run) => this.#graph.reaches(run.task, task));
  }
}

export type RunStanding = 'open' | 'canceling' | 'ended';
