import type { WorkflowDefinition } from '../definition.ts';
import { at } from '../graph/digraph.ts';
import { leadsTo, mayFire, reachedFrom, reachedInAnyRun, type Flow } from './flow.ts';

/** A join that no run can meet, with the reason. */
export interface NeverMet {
  task: number;
  needed: number;
  /** Most predecessors that can lead to it in one run. */
  most: number;
  /** The task whose transitions exclude each other; undefined where transitions to the join never fire at all. */
  branch: number | undefined;
}

/** Joins that wait for tasks of which only some can lead to them in one run: behind transitions of one task that exclude each other,
 *  such as `succeeded()` and `failed()`, or that never fire. What cannot be proved is left out. */
export function joinsNeverMet(definition: WorkflowDefinition, flow: Flow): NeverMet[] {
  const joins = definition.tasks.flatMap(({ join }, task) => {
    const needed = join === 'all' ? at(flow.graph.predecessors, task).length : (join ?? 0);
    // At the head of a loop what is needed differs from round to round.
    const isHead = flow.loops.some(({ head }) => head === task);
    return needed < 2 || isHead || needed > at(flow.graph.predecessors, task).length ? [] : [{ task, needed }];
  });
  if (joins.length === 0) return [];
  const reached = reachedInAnyRun(flow);
  return joins.flatMap(({ task, needed }): NeverMet[] => {
    if (!reached.has(task)) return [];
    const everywhere = arrivals(flow, task, reached);
    if (everywhere < needed) return [{ task, needed, most: everywhere, branch: undefined }];
    for (const branch of reached) {
      const most = mostArrivals(flow, task, branch);
      if (most !== undefined && most < needed) return [{ task, needed, most, branch }];
    }
    return [];
  });
}

/** How many of some tasks may have a transition to `join` that fires. */
const arrivals = (flow: Flow, join: number, reached: ReadonlySet<number>): number =>
  at(flow.graph.predecessors, join).filter(
    (task) => reached.has(task) && leadsTo(flow, task, (one) => mayFire(flow, task, one)).includes(join),
  ).length;

/** Most predecessors that may lead to one run of `join`, whichever way `branch` ends; undefined where several runs of `branch`, which
 *  may end in several ways, can lead to one run of the join. */
function mostArrivals(flow: Flow, join: number, branch: number): number | undefined {
  const cases = at(flow.cases, branch);
  if (new Set(cases.map((one) => one.mayFire.join(' '))).size < 2) return undefined;
  const loops = loopsBefore(flow, branch);
  const passed = at(flow.passed, join);
  if (loops.some((loop) => !passed.has(loop))) return undefined;
  // One run of the join stands for one iteration of each of these loops, so it is enough to look at paths within an iteration.
  const heads = new Set(loops.map((loop) => at(flow.loops, loop).head));
  const starts = [...flow.entries, ...heads];
  const isBack = (from: number, to: number): boolean =>
    loops.some((loop) => at(flow.loops, loop).head === to && at(flow.loops, loop).members.has(from));
  return Math.max(
    ...cases.map(({ mayFire: fired }) => {
      const passes = (task: number, transition: number): boolean =>
        task === branch ? fired.includes(transition) : mayFire(flow, task, transition);
      const next = (task: number): number[] =>
        leadsTo(flow, task, (transition) => passes(task, transition)).filter((target) => !isBack(task, target));
      const reached = reachedFrom(starts, next);
      return at(flow.graph.predecessors, join).filter((task) => reached.has(task) && next(task).includes(join)).length;
    }),
  );
}

/** Loops that a run of a task may have passed through. */
function loopsBefore({ graph, loops }: Flow, task: number): number[] {
  const before = reachedFrom([task], (one) => at(graph.predecessors, one));
  return loops.flatMap(({ members }, loop) => ([...members].some((member) => before.has(member)) ? [loop] : []));
}
