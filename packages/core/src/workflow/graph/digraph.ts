import { targetsOf, type TaskDefinition } from '../definition.ts';

/** The bare shape of a workflow: tasks are numbers in the order of the file. Everything about the shape is found out here without
 *  recursion, so that no file is too deep. */
export interface Digraph {
  size: number;
  /** Distinct targets of each task, in the order its transitions name them. */
  successors: readonly (readonly number[])[];
  /** Distinct tasks with a transition to each, in the order of the file. */
  predecessors: readonly (readonly number[])[];
}

/** Targets that name no task are left out: the parser reports them. */
export function digraphOf(tasks: readonly TaskDefinition[]): Digraph {
  const indexOf = new Map(tasks.map((task, index) => [task.name, index]));
  const successors = tasks.map((task) =>
    targetsOf(task)
      .map((target) => indexOf.get(target))
      .filter((target) => target !== undefined),
  );
  const predecessors: number[][] = tasks.map(() => []);
  successors.forEach((targets, source) => {
    for (const target of targets) predecessors[target]?.push(source);
  });
  return { size: tasks.length, successors, predecessors };
}

/** An element that is known to exist: task numbers come from the graph itself. */
export function at<T>(list: readonly T[], index: number): T {
  const element = list[index];
  if (element === undefined) throw new RangeError(`No element ${index} in a list of ${list.length}`);
  return element;
}
