import type { JsonObject } from '../../json.ts';
import type { WorkflowGraph } from '../graph/graph.ts';
import { advance, begin, retried } from './conductor.ts';
import type { Decision } from './decision.ts';
import { Memory, type KeptList } from './memory.ts';
import type { RunState } from './state.ts';
import type { Finished, RunFacts } from './step.ts';
import type { Witness } from './witness.ts';

/** What happened to a run after it began, in order: attempts that ended, and attempts that came into being as successors of others. */
export type RunEvent =
  | { kind: 'finished'; finished: Finished }
  | { kind: 'retried'; task: string; visit: number; item?: number | null; attempt: number };

/** Decides a run again, event by event. It begins with what the run begins with. */
export class Replay {
  state: RunState;
  variables: JsonObject;
  readonly first: Decision;
  readonly #graph: WorkflowGraph;
  readonly #facts: RunFacts;
  readonly #witness: Witness | undefined;
  readonly #memory: Memory;

  /** @param witness sees every condition that is evaluated.
   *  @param lists those that tasks with items went through, as they were kept; one that is missing is rendered again. */
  constructor(graph: WorkflowGraph, facts: RunFacts, witness?: Witness, lists?: Iterable<KeptList>) {
    this.#graph = graph;
    this.#facts = facts;
    this.#witness = witness;
    this.#memory = new Memory(graph, lists);
    const step = begin(graph, facts, witness, this.#memory);
    this.#memory.addLists(step.lists);
    this.state = step.state;
    this.variables = step.variables;
    this.first = step.decision;
  }

  /** @returns what is decided; null where an event only changes what is waited for. */
  tell(event: RunEvent): Decision | null {
    if (event.kind === 'retried') {
      this.state = retried(this.#graph, this.state, event);
      return null;
    }
    const { finished } = event;
    const [graph, facts, memory] = [this.#graph, this.#facts, this.#memory];
    const step = advance(graph, this.state, this.variables, facts, finished, memory, this.#witness);
    this.state = step.state;
    this.variables = step.variables;
    if (step.decision.ignored === undefined) memory.add(finished);
    memory.addLists(step.lists);
    return step.decision;
  }
}

/** Decides a whole run again from its definition and what was recorded of it: the same state, variables and decisions as were
 *  kept, or the record is not complete.
 *  @param lists as for {@link Replay}. */
export function replayRun(
  graph: WorkflowGraph,
  facts: RunFacts,
  events: Iterable<RunEvent>,
  lists?: Iterable<KeptList>,
): { state: RunState; variables: JsonObject; decisions: Decision[] } {
  const replay = new Replay(graph, facts, undefined, lists);
  const decisions = [replay.first];
  for (const event of events) {
    const decision = replay.tell(event);
    if (decision !== null) decisions.push(decision);
  }
  return { state: replay.state, variables: replay.variables, decisions };
}
