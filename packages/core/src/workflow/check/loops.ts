import type { Problem } from '../../errors.ts';
import { problemAt } from '../../yaml/document.ts';
import type { WorkflowDraft } from '../file/parse.ts';
import { at } from '../graph/digraph.ts';
import { reachedFrom, type Flow } from './flow.ts';

/** Where the loops of a workflow are, for information. */
export function loopsShown({ source, definition }: WorkflowDraft, { walk }: Flow): Problem[] {
  const nameOf = (task: number): string => at(definition.tasks, task).name;
  return walk.backEdges.flatMap(({ from, to }) => {
    const target = at(source.tasks, from)
      .transitions.flatMap((transition) => transition.do)
      .find(({ value }) => value === nameOf(to));
    if (target === undefined) return [];
    const message = `loop: ${nameOf(from)} -> ${nameOf(to)} (head ${nameOf(to)})`;
    return [problemAt(source.document, target.pointer, message, 'loop')];
  });
}

/** Tasks of a loop that begin the run because nothing outside of the loop leads to it, although other tasks begin it as well: perhaps
 *  the transition to the loop was forgotten. The first task of a file is meant to begin. */
export const unmeantEntries = ({ source, definition }: WorkflowDraft, { entries, graph }: Flow): Problem[] =>
  entries.length < 2
    ? []
    : entries
        .filter((task) => task > 0 && at(graph.predecessors, task).length > 0)
        .map((task) => {
          const { name } = at(source.tasks, task).keys;
          const before = reachedFrom(at(graph.successors, task), (one) => at(graph.successors, one));
          const back = at(graph.predecessors, task).find((one) => before.has(one)) ?? task;
          const message =
            `"${name.value}" begins the run although "${at(definition.tasks, back).name}" leads to it: nothing outside of their` +
            ' loop does. If it is to start later, let a task outside lead to it';
          return problemAt(source.document, name.pointer, message, 'unmeant_entry');
        });

/** A `max_visits` of 1 fails the run as soon as a loop goes round. */
export function visitsTooFew({ source, definition }: WorkflowDraft, { loops }: Flow): Problem[] {
  if (definition.max_visits > 1 || loops.length === 0) return [];
  const message = '"max_visits" is 1, so the run fails as soon as a loop goes round: allow more, or leave it out';
  return [problemAt(source.document, '/max_visits', message, 'visits_too_few')];
}
