import type { Problem } from '../../errors.ts';
import { problemAt } from '../../yaml/document.ts';
import type { WorkflowDraft } from '../file/parse.ts';
import { at } from '../graph/digraph.ts';
import { reachedInAnyRun, type Flow } from './flow.ts';
import { joinsNeverMet } from './joins.ts';

/** Tasks that no run comes to, and joins that no run meets, because of conditions. */
export function unreached({ source, definition }: WorkflowDraft, flow: Flow): Problem[] {
  const reached = reachedInAnyRun(flow);
  const nameOf = (task: number): string => at(definition.tasks, task).name;
  const tasks = source.tasks.flatMap(({ keys: { name } }, task) => {
    if (reached.has(task)) return [];
    const message = `No run comes to "${name.value}": what leads to it never fires, or is never come to itself`;
    return [problemAt(source.document, name.pointer, message, 'unreachable_task')];
  });
  const joins = joinsNeverMet(definition, flow).map(({ task, needed, most, branch }) => {
    const { keys } = at(source.tasks, task);
    const why =
      branch === undefined
        ? 'the other transitions to it never fire'
        : `"${nameOf(branch)}" leads to some of them or to others, never to all`;
    const message =
      `"join" waits for ${needed} tasks, but in one run at most ${most} can lead here: ${why}.` +
      (most === 1 ? ' Leave "join" out to start on the first' : ` Write "join: ${most}", or leave it out`);
    return problemAt(source.document, keys.join?.pointer ?? keys.name.pointer, message, 'join_never_met');
  });
  return [...tasks, ...joins];
}
