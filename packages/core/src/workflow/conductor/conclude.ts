import type { JsonObject } from '../../json.ts';
import { nodeOf } from '../graph/graph.ts';
import { arrivalsNeeded, expectedAt } from './arrive.ts';
import { explain, render } from './evaluate.ts';
import { runScope, type Ended } from './scope.ts';
import { listOf, own } from './state.ts';
import type { RunOutcome } from './step.ts';
import { failRun, isQuiet, type Turn } from './turn.ts';

/** The end of a run in which nothing runs or waits any more; null while something does. */
export function conclude(turn: Turn, last: Ended): RunOutcome | null {
  if (!isQuiet(turn)) return null;
  if (turn.state.cancelled) return { status: 'cancelled', result: { error: 'Workflow cancelled', succeeded: false } };
  const output = renderOutput(turn, last);
  const reasons = reasonsToFail(turn);
  if (reasons.length === 0) return { status: 'completed', result: { succeeded: true, ...output } };
  return { status: 'failed', result: { ...output, error: `Workflow failed: ${reasons.join('; ')}`, succeeded: false } };
}

function reasonsToFail({ graph, state, decision }: Turn): string[] {
  const reasons = state.failure === null ? [] : [state.failure];
  for (const later of decision.failures ?? []) if (!reasons.includes(later)) reasons.push(later);
  const failed = [...graph.tasks.keys()].filter((task) => state.unhandled.includes(task));
  if (failed.length > 0) reasons.push(`${failed.length} task(s) failed: ${failed.join(', ')}`);
  return [...reasons, ...unmetJoins(graph, state)];
}

/** Nothing is active, so nothing leads to any join that still waits. */
function unmetJoins(graph: Turn['graph'], state: Turn['state']): string[] {
  return [...graph.tasks.keys()].flatMap((task) => {
    const unmet = own(state.unmet, task) ?? listOf(state.waiting, task)[0];
    if (unmet === undefined) return [];
    const { position } = unmet;
    const node = nodeOf(graph, task);
    // in the order of the file: the order in which they came says nothing
    const from = node.predecessors.filter((source) => unmet.from.includes(source));
    const missing = expectedAt(graph, node, position).filter((source) => !from.includes(source));
    return [
      `the join '${task}' was reached by ${from.join(', ')} but needs ${arrivalsNeeded(graph, node, position)}` +
        ` of its predecessors; ${missing.join(', ') || 'no other'} did not lead to it`,
    ];
  });
}

/** The keys that can be rendered; each error makes the run fail. */
function renderOutput(turn: Turn, last: Ended): JsonObject {
  const output: JsonObject = {};
  for (const [key, template] of Object.entries(turn.graph.definition.output_map ?? {})) {
    const rendered = render(template, runScope(turn, null, last, turn.graph.outputReads()));
    if (rendered.error === undefined) output[key] = rendered.value;
    else failRun(turn, explain(`output_map '${key}'`, rendered.error));
  }
  return output;
}
