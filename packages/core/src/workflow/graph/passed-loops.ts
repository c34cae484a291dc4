import { at, type Digraph } from './digraph.ts';
import type { DepthFirst } from './depth-first.ts';

/** For each task the loops (by number) that every path from an entry to it passes through, its own loops included.
 *  The greatest solution of: own loops, and those that all predecessors have in common; nothing but its own at an entry. */
export function passedLoops(
  { size, predecessors }: Digraph,
  walk: DepthFirst,
  entries: readonly number[],
  loopsAround: readonly ReadonlySet<number>[],
): ReadonlySet<number>[] {
  const isEntry = new Set(entries);
  /** Undefined stands for 'all loops', where the solution begins. */
  const passed = new Array<ReadonlySet<number> | undefined>(size).fill(undefined);
  const forward = walk.postorder.toReversed();
  for (let isStable = false; !isStable;) {
    isStable = true;
    for (const task of forward) {
      const before = passed[task];
      const known = at(predecessors, task)
        .map((source) => passed[source])
        .filter((set) => set !== undefined);
      const common = isEntry.has(task) ? new Set<number>() : intersection(known);
      const now = new Set([...common, ...at(loopsAround, task)]);
      if (before?.size === now.size) continue; // sets only shrink, so the same size is the same set
      passed[task] = now;
      isStable = false;
    }
  }
  return passed.map((set) => set ?? new Set<number>());
}

function intersection([first, ...others]: readonly ReadonlySet<number>[]): Set<number> {
  return new Set([...(first ?? [])].filter((loop) => others.every((set) => set.has(loop))));
}
