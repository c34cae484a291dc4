import type { Scope } from '../../expression/scope.ts';
import { ownValue, type Json, type JsonObject } from '../../json.ts';
import { nodeOf, type TaskNode, type WorkflowGraph } from '../graph/graph.ts';
import { agreeIn, type Position } from '../graph/position.ts';
import type { TaskNames } from '../program.ts';
import { retell } from '../secrets/retell.ts';
import { taskView } from './result-view.ts';
import { endedRuns, type EndedRun, type RunState } from './state.ts';
import { resultOf, type EndedTask, type Turn } from './turn.ts';

/** Who reads: a run of a task, or (null) the workflow itself in its `output_map`. */
export type Reader = { task: string; position: Position } | null;

/** What the functions `result()`, `succeeded()` ... tell about: the task that just ended, null before any did. */
export type Ended = (Pick<EndedTask, 'outcome' | 'view'> & { task?: string }) | null;

/** What the input of one item sees beside all else. */
export interface Item {
  item: Json;
  index: number;
}

/** What an expression of a run sees. `reads` are the tasks it may name. */
export function runScope(turn: Turn, reader: Reader, ended: Ended, reads: TaskNames, item?: Item): Scope {
  const { facts, variables } = turn;
  let tasks: JsonObject | undefined;
  const namespaces: Record<string, () => Json> = {
    parameters: () => parametersOf(turn),
    // copies: all of them may be published to one of them
    workflow: () => ({ ...variables }),
    vars: () => ({ ...variables }),
    variables: () => ({ ...variables }),
    task: () => (tasks ??= taskResults(turn, reader, reads)),
    tasks: () => (tasks ??= taskResults(turn, reader, reads)),
    config: () => facts.config,
    keystore: () => facts.keystore,
    system: () => ({ workflow_start: facts.workflow_start }),
    ...(item === undefined ? {} : { item: () => item.item, index: () => item.index }),
  };
  return {
    lookup: (name) => (Object.hasOwn(namespaces, name) ? namespaces[name]?.() : ownValue(variables, name)),
    missing: 'error',
    functions: functionsOf(ended),
    names: () => [...Object.keys(namespaces), ...Object.keys(variables)],
    retell: (error) =>
      retell(error, turn, {
        ended: ended?.task === undefined ? [...turn.graph.tasks.keys()] : [ended.task],
        ...(item === undefined || reader === null ? {} : { item: { source: facts.secrets?.items(reader.task) } }),
      }),
  };
}

const functionsOf = (ended: Ended): Record<string, () => Json> => ({
  result: () => ended?.view() ?? null,
  succeeded: () => ended?.outcome === 'succeeded',
  failed: () => ended?.outcome === 'failed' || ended?.outcome === 'abandoned',
  timed_out: () => ended?.outcome === 'timed_out',
  skipped: () => ended?.outcome === 'skipped',
});

/** A declared parameter that was not given is null, as null given is taken for not given. */
function parametersOf({ graph, facts }: Turn): JsonObject {
  const declared = Object.keys(graph.definition.parameters ?? {}).map((name) => [name, null] as const);
  return { ...Object.fromEntries(declared), ...facts.parameters };
}

function taskResults(turn: Turn, reader: Reader, reads: TaskNames): JsonObject {
  const nodes = reads === 'all' ? turn.graph.nodes : [...reads].map((name) => turn.graph.tasks.get(name));
  return Object.fromEntries(
    nodes.flatMap((node) => {
      if (node === undefined) return []; // a name that is no task's
      const { name } = node.definition;
      const run = runFor(turn.graph, turn.state, reader, node);
      const result = run?.skipped === true ? null : run && resultOf(turn, name, run.visit);
      return result === undefined ? [] : [[name, taskView(node, result)]];
    }),
  );
}

/** The run that `task.<name>` means: the last to end of those that agree with the reader in all loops both are in, else the last to
 *  end at all. */
function runFor(graph: WorkflowGraph, state: RunState, reader: Reader, node: TaskNode): EndedRun | undefined {
  const runs = endedRuns(state, node);
  if (reader === null || runs.length < 2) return runs.at(-1);
  const own = nodeOf(graph, reader.task).loops;
  const common = node.loops.filter((head) => own.includes(head));
  return runs.findLast((run) => agreeIn(common, run.position, reader.position)) ?? runs.at(-1);
}
