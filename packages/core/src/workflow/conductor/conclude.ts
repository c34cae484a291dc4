import type { JsonObject } from '../../json.ts';
import { exposedBy, exposedOutput } from '../secrets/exposed.ts';
import { arrivalsNeeded, expectedAt } from './arrive.ts';
import { explain, render } from './evaluate.ts';
import { markedOf } from './marks.ts';
import { runScope, type Ended } from './scope.ts';
import { isUnhandled } from './standing.ts';
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
  const failed = graph.nodes.filter((node) => isUnhandled(state.tasks, node)).map((node) => node.definition.name);
  if (failed.length > 0) reasons.push(`${failed.length} task(s) failed: ${failed.join(', ')}`);
  return [...reasons, ...unmetJoins(graph, state)];
}

/** Nothing is active, so nothing leads to any join that still waits. */
function unmetJoins(graph: Turn['graph'], state: Turn['state']): string[] {
  return graph.nodes.flatMap((node) => {
    const task = node.definition.name;
    const unmet = own(state.unmet, task) ?? listOf(state.waiting, task)[0];
    if (unmet === undefined) return [];
    const { position } = unmet;
    const from = markedOf(node.predecessors, unmet.from);
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
  const { output_map, output: schema } = turn.graph.definition;
  const exposed = exposedBy(turn.facts.secrets?.output ?? [], schema);
  for (const [key, template] of Object.entries(output_map ?? {})) {
    const leak = exposed.find(({ path }) => path[0] === key);
    if (leak !== undefined) {
      failRun(turn, exposedOutput(leak));
      continue;
    }
    const rendered = render(template, runScope(turn, null, last, turn.graph.outputReads().tasks));
    if (rendered.error === undefined) output[key] = rendered.value;
    else failRun(turn, explain(`output_map '${key}'`, rendered.error));
  }
  return output;
}
