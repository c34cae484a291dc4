import { isReservedTarget, type TaskDefinition, type WorkflowDefinition } from '../definition.ts';
import { walkDepthFirst, type DepthFirst } from '../graph/depth-first.ts';
import { at, digraphOf, type Digraph } from '../graph/digraph.ts';
import { entriesOf } from '../graph/entries.ts';
import { loopsOf, type IndexedLoop } from '../graph/loops.ts';
import { passedLoops } from '../graph/passed-loops.ts';
import { casesOf, type Case } from './cases.ts';

/** The shape of a workflow, and what its conditions leave of it. Tasks are numbers in the order of the file. */
export interface Flow {
  graph: Digraph;
  entries: readonly number[];
  walk: DepthFirst;
  loops: readonly IndexedLoop[];
  /** Loops, by their place in `loops`, that every path to a task passes through. */
  passed: readonly ReadonlySet<number>[];
  /** All ways each task can end. */
  cases: readonly (readonly Case[])[];
  /** The transitions of each task that may ever fire. */
  live: readonly ReadonlySet<number>[];
  /** The tasks that each transition of each task leads to. */
  targets: readonly (readonly (readonly number[])[])[];
}

export function flowOf(definition: WorkflowDefinition): Flow {
  const { tasks } = definition;
  const graph = digraphOf(tasks);
  const entries = entriesOf(graph);
  const walk = walkDepthFirst(graph, entries);
  const loops = loopsOf(graph, walk);
  const around = tasks.map(
    (_, task) => new Set(loops.flatMap(({ members }, loop) => (members.has(task) ? [loop] : []))),
  );
  const cases = casesOfAll(tasks);
  const indexOf = new Map(tasks.map((task, index) => [task.name, index]));
  return {
    graph,
    entries,
    walk,
    loops,
    passed: passedLoops(graph, walk, entries, around),
    cases,
    live: cases.map((all) => new Set(all.flatMap((one) => one.mayFire))),
    targets: tasks.map(({ next }) =>
      next.map((transition) => [
        ...new Set(
          transition.do
            .filter((target) => !isReservedTarget(target))
            .map((target) => indexOf.get(target))
            .filter((target) => target !== undefined),
        ),
      ]),
    ),
  };
}

/** Many tasks have the same conditions, such as `succeeded()` and `failed()`: their cases are worked out once. */
function casesOfAll(tasks: readonly TaskDefinition[]): Case[][] {
  const known = new Map<string, Case[]>();
  return tasks.map((task) => {
    const key = JSON.stringify([
      task.when,
      task.next.map(({ when, publish }) => [when, publish.flatMap((entry) => Object.keys(entry))]),
    ]);
    const cases = known.get(key) ?? casesOf(task);
    known.set(key, cases);
    return cases;
  });
}

/** Whether a transition of a task, by its place, may ever fire. */
export const mayFire = ({ live }: Flow, task: number, transition: number): boolean => at(live, task).has(transition);

/** The tasks that `task` may lead to, by transitions that pass a test. */
export const leadsTo = ({ targets }: Flow, task: number, passes: (transition: number) => boolean): number[] =>
  at(targets, task).flatMap((list, transition) => (passes(transition) ? list : []));

/** The tasks that can be reached from some, these included. */
export function reachedFrom(starts: Iterable<number>, next: (task: number) => Iterable<number>): Set<number> {
  const reached = new Set(starts);
  for (const task of reached) for (const target of next(task)) reached.add(target);
  return reached;
}

/** The tasks that a run can come to at all, as far as conditions tell. */
export const reachedInAnyRun = (flow: Flow): Set<number> =>
  reachedFrom(flow.entries, (task) => leadsTo(flow, task, (transition) => mayFire(flow, task, transition)));
