import { isReservedTarget, type WorkflowDefinition } from '../../../src/workflow/definition.ts';

/** A loop by its definition. */
export interface ModelLoop {
  head: string;
  members: ReadonlySet<string>;
}

/** The shape of a workflow, each part found by the words of its definition and with no regard to cost: the graph of the conductor
 *  is compared with it. */
export class Shape {
  readonly names: readonly string[];
  readonly entries: readonly string[];
  /** Outer ones before those inside them. */
  readonly loops: readonly ModelLoop[];
  readonly #targets: ReadonlyMap<string, readonly string[]>;

  constructor(definition: WorkflowDefinition) {
    this.names = definition.tasks.map((task) => task.name);
    this.#targets = new Map(
      definition.tasks.map((task) => [
        task.name,
        [...new Set(task.next.flatMap((transition) => transition.do))].filter((target) => !isReservedTarget(target)),
      ]),
    );
    this.entries = this.#findEntries();
    this.loops = this.#findLoops();
  }

  targetsOf(task: string): readonly string[] {
    return this.#targets.get(task) ?? [];
  }

  sourcesOf(task: string): string[] {
    return this.names.filter((source) => this.targetsOf(source).includes(task));
  }

  /** The loops a task is in, outer ones first. */
  loopsOf(task: string): ModelLoop[] {
    return this.loops.filter((loop) => loop.members.has(task));
  }

  loopAt(head: string): ModelLoop | undefined {
    return this.loops.find((loop) => loop.head === head);
  }

  /** Whether every path from an entry to the task passes through the loop: without its tasks there is no path. */
  isPassed(loop: ModelLoop, task: string): boolean {
    return loop.members.has(task) || !this.entries.some((entry) => this.#leadsTo(entry, task, loop.members));
  }

  #leadsTo(from: string, to: string, without: ReadonlySet<string> = new Set()): boolean {
    if (without.has(from)) return false;
    const seen = new Set([from]);
    for (const task of seen) for (const next of this.targetsOf(task)) if (!without.has(next)) seen.add(next);
    return seen.has(to);
  }

  /** Of each group of mutually reachable tasks that nothing outside it targets, the first in the file. */
  #findEntries(): string[] {
    const groups = new Map<string, string[]>();
    for (const task of this.names) {
      const group = this.names.filter((other) => this.#leadsTo(task, other) && this.#leadsTo(other, task));
      groups.set(group[0] ?? task, group);
    }
    return [...groups.values()]
      .filter((group) => !group.some((task) => this.sourcesOf(task).some((source) => !group.includes(source))))
      .flatMap((group) => group.slice(0, 1));
  }

  #findLoops(): ModelLoop[] {
    const below = new Map<string, Set<string>>();
    const heads = new Set<string>();
    const stack: string[] = [];
    const visit = (task: string): void => {
      below.set(task, new Set([task]));
      stack.push(task);
      for (const target of this.targetsOf(task)) {
        if (stack.includes(target)) heads.add(target);
        if (below.has(target)) continue;
        for (const open of stack) below.get(open)?.add(target);
        visit(target);
      }
      stack.pop();
    };
    for (const entry of this.entries) if (!below.has(entry)) visit(entry);
    return [...below.keys()]
      .filter((task) => heads.has(task))
      .map((head) => ({ head, members: this.#membersOf(head, below.get(head) ?? new Set()) }));
  }

  /** The head, and what reaches it by way of tasks below it. */
  #membersOf(head: string, below: ReadonlySet<string>): Set<string> {
    const outside = new Set(this.names.filter((task) => !below.has(task)));
    return new Set([head, ...[...below].filter((task) => this.#leadsTo(task, head, outside))]);
  }
}
