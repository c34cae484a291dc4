import type { Json } from '../../json.ts';
import { nodeOf, type TaskNode, type WorkflowGraph } from '../graph/graph.ts';
import { itemsOf } from '../program.ts';
import { targetsOf } from '../definition.ts';
import type { Finished, ItemList, Recorded } from './step.ts';
import { resultKey } from './turn.ts';

export type KeptList = Pick<ItemList, 'task' | 'visit' | 'elements'>;

/** The record of a run, kept in memory by whoever conducts one without a database, or again: results of attempts, and the lists that
 *  tasks with items go through. Of results only those are kept that an expression may ask for. */
export class Memory implements Recorded {
  readonly #graph: WorkflowGraph;
  readonly #keeps: ReadonlySet<string>;
  readonly #results = new Map<string, Json>();
  readonly #lists = new Map<string, readonly Json[]>();

  /** @param lists what was kept when the run was conducted before; a list that is missing is rendered again. */
  constructor(graph: WorkflowGraph, lists: Iterable<KeptList> = []) {
    this.#graph = graph;
    this.#keeps = new Set(
      graph.nodes.filter((node) => isAskedFor(graph, node)).map(({ definition }) => definition.name),
    );
    this.addLists(lists);
  }

  /** Keeps how an attempt ended that the conductor did not ignore. */
  add({ task, visit, item = null, outcome, result }: Finished): void {
    if (!this.#keeps.has(task)) return;
    const key = resultKey(task, visit);
    if (item === null) {
      this.#results.set(key, result);
      return;
    }
    const kept = this.#results.get(key);
    const results = Array.isArray(kept) ? kept : [];
    results[item] = outcome === 'succeeded' ? result : null;
    this.#results.set(key, results);
  }

  addLists(lists: Iterable<KeptList>): void {
    for (const { task, visit, elements } of lists) this.#lists.set(resultKey(task, visit), elements);
  }

  result(task: string, visit: number): Json | undefined {
    const { definition } = nodeOf(this.#graph, task);
    const result = this.#results.get(resultKey(task, visit));
    // of a task whose items could not even be told there is one result
    if (itemsOf(definition) === null || (result !== undefined && !Array.isArray(result))) return result;
    const elements = this.#lists.get(resultKey(task, visit))?.length ?? 0;
    return Array.from(
      { length: Math.ceil(elements / (definition.batch_size ?? 1)) },
      (_, item) => result?.[item] ?? null,
    );
  }

  elements(task: string, visit: number, from: number, to: number): readonly Json[] {
    return this.#lists.get(resultKey(task, visit))?.slice(from, to) ?? [];
  }

  list(task: string, visit: number): readonly Json[] | undefined {
    return this.#lists.get(resultKey(task, visit));
  }
}

/** Whether a result may be read after its task's end: by name, or by items of another task that it started; the list of one with items
 *  also at its end, as `result()`. */
function isAskedFor(graph: WorkflowGraph, { definition }: TaskNode): boolean {
  const { name } = definition;
  const read = graph.everythingRead();
  if (read === 'all' || read.has(name)) return true;
  const targets = targetsOf(definition).map((target) => nodeOf(graph, target));
  if (targets.some((target) => hasItems(target) && graph.programOf(target.definition.name).reads.releasing.result)) {
    return true;
  }
  if (itemsOf(definition) === null) return false;
  const programs = targets.map((target) => graph.programOf(target.definition.name).reads.starting);
  return [graph.programOf(name).reads.ending, graph.outputReads(), ...programs].some((reads) => reads.result);
}

const hasItems = ({ definition }: TaskNode): boolean => itemsOf(definition) !== null;
