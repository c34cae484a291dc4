import type { Scope } from '../../expression/scope.ts';
import { isJsonObject } from '../../json.ts';
import { isReservedTarget, type Transition } from '../definition.ts';
import { nodeOf } from '../graph/graph.ts';
import type { EvaluatedTransition } from './decision.ts';
import { explain, render } from './evaluate.ts';
import { runScope } from './scope.ts';
import { failRun, type EndedTask, type Turn } from './turn.ts';
import { holdsFor } from './witness.ts';

/** Evaluates the transitions of a task that ended or was skipped, in their order, every one of them: an error or the target `fail`
 *  makes the run fail, but what the others name still starts.
 *  @returns whether a fired transition named a target, which is what handles a failure. */
export function fire(turn: Turn, ended: EndedTask): boolean {
  const { next } = nodeOf(turn.graph, ended.task).definition;
  const program = turn.graph.programOf(ended.task);
  const targets = new Set<string>();
  next.forEach((transition, index) => {
    const place = `task '${ended.task}', next[${index}]`;
    const record: EvaluatedTransition = { task: ended.task, visit: ended.visit, index, fired: false };
    turn.decision.transitions.push(record);
    // Each sees what the ones before it published.
    const scope = runScope(turn, ended, ended, program.reads.ending.tasks);
    const of = { kind: 'transition', task: ended.task, visit: ended.visit, index } as const;
    const condition = holdsFor(turn, of, program.transitions[index] ?? null, scope);
    if (condition.error !== undefined) {
      record.error = explain(`${place}.when`, condition.error);
      failRun(turn, record.error);
    } else if (condition.value) {
      record.fired = true;
      publish(turn, transition, scope, place, record);
      for (const target of transition.do) targets.add(target);
    }
  });
  for (const target of targets) name(turn, ended, target);
  return targets.size > 0;
}

/** Sets variables, entry by entry; the first error ends it. */
function publish(turn: Turn, { publish }: Transition, scope: Scope, place: string, record: EvaluatedTransition): void {
  for (const [index, entry] of publish.entries()) {
    const rendered = render(entry, scope);
    if (rendered.error !== undefined) {
      record.error = explain(`${place}.publish[${index}]`, rendered.error);
      failRun(turn, record.error);
      return;
    }
    if (!isJsonObject(rendered.value)) continue; // a map renders to a map
    Object.assign(turn.variables, rendered.value);
    record.published = { ...record.published, ...rendered.value };
  }
}

function name(turn: Turn, ended: EndedTask, target: string): void {
  if (!isReservedTarget(target)) {
    turn.queue.push({ task: target, by: ended });
    return;
  }
  turn.decision.targets.push({ task: target, by: { task: ended.task, visit: ended.visit }, fate: target });
  if (target === 'fail') failRun(turn, `task '${ended.task}' led to fail`);
}
