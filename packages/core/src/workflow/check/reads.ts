import type { Expression } from '../../expression/expression.ts';
import { childrenOf, type Node } from '../../expression/node.ts';

/** What an expression reads without a net: a path, as far as it is written out, of which every part must exist. What `get` is asked
 *  for may be missing, and is none of it. */
export interface Read {
  /** A name, or `result()`, and the fields taken from it. */
  path: readonly [string, ...string[]];
  /** Where each part of the path stands in the text. */
  parts: readonly { start: number; end: number }[];
  /** Whether it is read whenever the expression is evaluated: not behind an `and` or `or`. */
  isCertain: boolean;
}

export function readsIn({ root }: Expression): Read[] {
  const reads: Read[] = [];
  const visit = (node: Node, isCertain: boolean): void => {
    const found = pathOf(node);
    if (found !== undefined) reads.push({ path: found.path, parts: found.parts, isCertain });
    const inside = found?.beside ?? childrenOf(node);
    inside.forEach((child, index) => visit(child, isCertain && (index === 0 || !isLogic(node))));
  };
  visit(root, true);
  return reads;
}

const isLogic = (node: Node): boolean => node.kind === 'and' || node.kind === 'or';

interface Path extends Pick<Read, 'path' | 'parts'> {
  /** Whether the next field belongs to the path. */
  isOpen: boolean;
  /** Computed keys on the way. */
  beside: readonly Node[];
}

function pathOf(node: Node): Path | undefined {
  if (node.kind === 'name') return { path: [node.name], parts: [node], isOpen: true, beside: [] };
  if (node.kind === 'call' && node.name === 'result') {
    return { path: ['result()'], parts: [node], isOpen: true, beside: node.arguments };
  }
  if (node.kind !== 'access') return undefined;
  const container = pathOf(node.container);
  if (container === undefined) return undefined;
  const { key } = node;
  if (key.kind !== 'literal') return { ...container, isOpen: false, beside: [...container.beside, key] };
  if (!container.isOpen || typeof key.value !== 'string') return { ...container, isOpen: false };
  return { ...container, path: [...container.path, key.value], parts: [...container.parts, key] };
}
