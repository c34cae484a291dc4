import type { JsonObject } from '../../json.ts';
import type { WorkflowGraph } from '../graph/graph.ts';
import type { Decision } from './decision.ts';
import type { RunState } from './state.ts';
import type { Finished, Recorded, RunFacts } from './step.ts';
import type { Turn } from './turn.ts';
import type { Witness } from './witness.ts';

export function newTurn(
  graph: WorkflowGraph,
  state: RunState,
  variables: JsonObject,
  facts: RunFacts,
  finished: Finished | null,
  recorded: Recorded,
  witness: Witness | undefined,
): Turn {
  return {
    graph,
    facts,
    recorded,
    results: new Map(),
    witness,
    state,
    variables: { ...variables },
    start: [],
    skipped: [],
    lists: [],
    decision: { finished: finished && toldOf(finished), transitions: [], targets: [] },
    queue: [],
    touched: new Set(),
  };
}

const toldOf = ({ task, visit, item, attempt, outcome, started }: Finished): Decision['finished'] => ({
  ...{ task, visit, attempt, outcome },
  ...(item === undefined || item === null ? {} : { item }),
  ...(started === false ? { started } : {}),
});
