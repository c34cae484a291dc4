import type { Json, JsonObject } from '../../json.ts';
import type { WorkflowGraph } from '../graph/graph.ts';
import { advance, begin, retried } from './conductor.ts';
import type { Decision } from './decision.ts';
import type { RunState } from './state.ts';
import type { Finished, Recorded, RunFacts } from './step.ts';
import type { Witness } from './witness.ts';

/** What happened to a run after it began, in order: attempts that ended, and attempts that came into being as successors of others. */
export type RunEvent =
  { kind: 'finished'; finished: Finished } | { kind: 'retried'; task: string; visit: number; attempt: number };

/** Decides a run again, event by event. It begins with what the run begins with. */
export class Replay {
  state: RunState;
  variables: JsonObject;
  readonly first: Decision;
  readonly #graph: WorkflowGraph;
  readonly #facts: RunFacts;
  readonly #witness: Witness | undefined;
  readonly #results = new Map<string, Json>();

  /** @param witness sees every condition that is evaluated. */
  constructor(graph: WorkflowGraph, facts: RunFacts, witness?: Witness) {
    this.#graph = graph;
    this.#facts = facts;
    this.#witness = witness;
    const { state, variables, decision } = begin(graph, facts, witness);
    this.state = state;
    this.variables = variables;
    this.first = decision;
  }

  /** @returns what is decided; null where an event only changes what is waited for. */
  tell(event: RunEvent): Decision | null {
    if (event.kind === 'retried') {
      this.state = retried(this.state, event.task, event.visit, event.attempt);
      return null;
    }
    const { finished } = event;
    const recorded: Recorded = {
      result: (task, visit) => this.#results.get(keyOf(task, visit)),
      elements: () => [],
    };
    const step = advance(this.#graph, this.state, this.variables, this.#facts, finished, recorded, this.#witness);
    this.state = step.state;
    this.variables = step.variables;
    if (step.decision.ignored === undefined && isRead(this.#graph, finished.task)) {
      this.#results.set(keyOf(finished.task, finished.visit), finished.result);
    }
    return step.decision;
  }
}

/** Decides a whole run again from its definition and what was recorded of it: the same state, variables and decisions as were
 *  kept, or the record is not complete. */
export function replayRun(
  graph: WorkflowGraph,
  facts: RunFacts,
  events: Iterable<RunEvent>,
): { state: RunState; variables: JsonObject; decisions: Decision[] } {
  const replay = new Replay(graph, facts);
  const decisions = [replay.first];
  for (const event of events) {
    const decision = replay.tell(event);
    if (decision !== null) decisions.push(decision);
  }
  return { state: replay.state, variables: replay.variables, decisions };
}

/** Only what some expression reads is kept. */
function isRead(graph: WorkflowGraph, task: string): boolean {
  const read = graph.everythingRead();
  return read === 'all' || read.has(task);
}

const keyOf = (task: string, visit: number): string => `${visit} ${task}`;
