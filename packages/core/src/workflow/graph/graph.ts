import type { TaskDefinition, WorkflowDefinition } from '../definition.ts';
import { everythingRead, outputReads, programOf, type Reads, type TaskNames, type TaskProgram } from '../program.ts';
import { lazily } from '../lazily.ts';
import { walkDepthFirst } from './depth-first.ts';
import { at, digraphOf, type Digraph } from './digraph.ts';
import { entriesOf } from './entries.ts';
import { loopsOf } from './loops.ts';
import { passedLoops } from './passed-loops.ts';
import { runsOnce } from './runs-once.ts';

/** The shape of a workflow, worked out once from its definition. Not stored: rebuilding it takes about a millisecond for a
 *  thousand tasks, and it is a pure function of the definition, so whoever keeps one by the revision never holds a stale one. */
export interface WorkflowGraph {
  definition: WorkflowDefinition;
  /** In the order of the file. */
  tasks: ReadonlyMap<string, TaskNode>;
  /** The same, by their place in it. */
  nodes: readonly TaskNode[];
  /** The tasks a run begins with. */
  entries: readonly string[];
  /** By head, outer loops before those inside them. */
  loops: ReadonlyMap<string, Loop>;
  /** Whether transitions lead from one task to another; every task reaches itself. */
  reaches: (from: string, to: string) => boolean;
  /** The parsed conditions of a task. @throws ExpressionError for a definition that was not checked. */
  programOf: (task: string) => TaskProgram;
  /** What the `output_map` reads. */
  outputReads: () => Reads;
  /** Tasks that anything in the workflow reads: the only ones whose runs have to be remembered. */
  everythingRead: () => TaskNames;
}

export interface TaskNode {
  definition: TaskDefinition;
  /** Its place in the file, from 0. */
  index: number;
  /** Heads of the loops the task is in, outer ones first. */
  loops: readonly string[];
  /** Heads of the loops that every path to the task passes through, outer ones first: what a join's position consists of. */
  passed: readonly string[];
  /** Distinct tasks with a transition to it, in the order of the file. */
  predecessors: readonly string[];
  /** Whether two runs of other tasks may lead to it at one position, so that the second has to be told from the first. */
  merges: boolean;
  /** Whether it runs at most once in a run, at the empty position: it is in no loop, and no loop leads to it. */
  runsOnce: boolean;
}

export interface Loop {
  head: string;
  members: ReadonlySet<string>;
  /** Members with a transition to the head. */
  backSources: readonly string[];
  /** Heads of the loops inside this one, at any depth. */
  inner: readonly string[];
  /** Heads of the loops around this one, outer ones first. */
  outer: readonly string[];
}

export function buildGraph(definition: WorkflowDefinition): WorkflowGraph {
  const digraph = digraphOf(definition.tasks);
  const entries = entriesOf(digraph);
  const walk = walkDepthFirst(digraph, entries);
  const loops = loopsOf(digraph, walk);
  const around = definition.tasks.map(
    (_, task) => new Set(loops.flatMap(({ members }, loop) => (members.has(task) ? [loop] : []))),
  );
  const passed = passedLoops(digraph, walk, entries, around);
  const once = runsOnce(digraph, walk, definition.tasks, around, passed);

  const nameOf = (task: number): string => at(definition.tasks, task).name;
  const headOf = (loop: number): string => nameOf(at(loops, loop).head);
  const headsOf = (set: ReadonlySet<number>): string[] => [...set].sort((a, b) => a - b).map(headOf);

  const namedLoops = loops.map(({ head, members, backSources }, loop): Loop => ({
    head: nameOf(head),
    members: new Set([...members].map(nameOf)),
    backSources: backSources.map(nameOf),
    inner: loops.flatMap((other, index) => (index !== loop && members.has(other.head) ? [nameOf(other.head)] : [])),
    outer: headsOf(at(around, head)).filter((other) => other !== nameOf(head)),
  }));
  const loopByHead = new Map(namedLoops.map((loop) => [loop.head, loop]));

  const nodes = definition.tasks.map((task, index): TaskNode => {
    const predecessors = at(digraph.predecessors, index).map(nameOf);
    return {
      definition: task,
      index,
      loops: headsOf(at(around, index)),
      passed: headsOf(at(passed, index)),
      predecessors,
      merges: task.join !== null || predecessors.length > 1 || (loopByHead.get(task.name)?.inner.length ?? 0) > 0,
      runsOnce: at(once, index),
    };
  });
  const tasks = new Map(nodes.map((node) => [node.definition.name, node]));
  // What follows is only found out when it is asked for: a definition may have a graph before its expressions were checked.
  const programs = new Map<string, TaskProgram>();
  const program = (task: string): TaskProgram => {
    const known = programs.get(task) ?? programOf(taskNode(tasks, task, definition).definition);
    programs.set(task, known);
    return known;
  };
  const output = lazily(() => outputReads(definition));
  return {
    definition,
    tasks,
    nodes,
    entries: entries.map(nameOf),
    loops: loopByHead,
    reaches: reachability(digraph, definition),
    programOf: program,
    outputReads: output,
    everythingRead: lazily(() => everythingRead([...tasks.keys()].map(program), output())),
  };
}

/** The task of that name; names come from the graph or from a run of it.
 *  @throws RangeError if the graph has no such task. */
export const nodeOf = (graph: WorkflowGraph, task: string): TaskNode => taskNode(graph.tasks, task, graph.definition);

function taskNode(tasks: WorkflowGraph['tasks'], task: string, { ref }: WorkflowDefinition): TaskNode {
  const node = tasks.get(task);
  if (node === undefined) throw new RangeError(`The workflow ${ref} has no task '${task}'`);
  return node;
}

/** Asked for few targets (tasks where branches meet again in loops), so what leads to a target is found when it is first asked for. */
function reachability(digraph: Digraph, definition: WorkflowDefinition): WorkflowGraph['reaches'] {
  const indexOf = new Map(definition.tasks.map((task, index) => [task.name, index]));
  const sourcesOf = new Map<string, ReadonlySet<number>>();
  return (from, to) => {
    const source = indexOf.get(from);
    const target = indexOf.get(to);
    if (source === undefined || target === undefined) return false;
    let sources = sourcesOf.get(to);
    if (sources === undefined) {
      const found = new Set([target]);
      for (const task of found) for (const before of at(digraph.predecessors, task)) found.add(before);
      sources = found;
      sourcesOf.set(to, sources);
    }
    return sources.has(source);
  };
}
