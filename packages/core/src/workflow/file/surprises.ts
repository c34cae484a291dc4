import type { Problem } from '../../errors.ts';
import { problemAt } from '../../yaml/document.ts';
import type { WorkflowDefinition } from '../definition.ts';
import { buildGraph, nodeOf } from '../graph/graph.ts';
import type { WorkflowSource } from './parse.ts';

/** What a correct workflow may do to its author's surprise: a task beside a loop, named by a transition that fires in every
 *  iteration, runs in every iteration. */
export function surprises({ document, tasks }: WorkflowSource, workflow: WorkflowDefinition): Problem[] {
  const graph = buildGraph(workflow);
  return tasks.flatMap(({ keys, transitions }) =>
    transitions.flatMap((transition) => {
      const targets = transition.do.filter(({ value }) => graph.tasks.has(value));
      return [...graph.loops.values()]
        .filter((loop) => loop.members.has(keys.name.value))
        .flatMap((loop) => {
          const stays = targets.some(({ value }) => loop.members.has(value));
          if (!stays && transition.when !== undefined) return [];
          return targets
            .filter(({ value }) => !loop.members.has(value) && nodeOf(graph, value).definition.join === null)
            .map(({ pointer, value }) =>
              problemAt(
                document,
                pointer,
                `"${value}" is outside the loop of "${loop.head}" and runs once for each iteration that leads to it`,
                'repeated_task',
              ),
            );
        });
    }),
  );
}
