import type { Json, JsonObject } from '../../json.ts';
import type { WorkflowGraph } from '../graph/graph.ts';
import { advance, begin, retried } from './conductor.ts';
import type { Decision } from './decision.ts';
import type { RunState } from './state.ts';
import type { Finished, Recorded, RunFacts } from './step.ts';

/** What happened to a run after it began, in order: attempts that ended, and attempts that came into being as successors of others. */
export type RunEvent =
  { kind: 'finished'; finished: Finished } | { kind: 'retried'; task: string; visit: number; attempt: number };

/** Decides a whole run again from its definition and what was recorded of it: the same state, variables and decisions as were
 *  kept, or the record is not complete. */
export function replayRun(
  graph: WorkflowGraph,
  facts: RunFacts,
  events: Iterable<RunEvent>,
): { state: RunState; variables: JsonObject; decisions: Decision[] } {
  const results = new Map<string, Json>();
  let { state, variables, decision } = begin(graph, facts);
  const decisions = [decision];
  for (const event of events) {
    if (event.kind === 'retried') {
      state = retried(state, event.task, event.visit, event.attempt);
      continue;
    }
    const { finished } = event;
    const recorded: Recorded = {
      result: (task, visit) => results.get(keyOf(task, visit)),
      elements: () => [],
    };
    ({ state, variables, decision } = advance(graph, state, variables, facts, finished, recorded));
    if (decision.ignored === undefined) results.set(keyOf(finished.task, finished.visit), finished.result);
    decisions.push(decision);
  }
  return { state, variables, decisions };
}

const keyOf = (task: string, visit: number): string => `${visit} ${task}`;
