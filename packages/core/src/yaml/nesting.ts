import type { CST } from 'yaml';

/** How deep collections are nested in a parsed but not yet composed token; a scalar is at depth 1. Walks without recursion:
 *  composing recurses, and thousands of opening brackets would end the process there, not raise an error. */
export function nestingDepth(token: CST.Token): number {
  let deepest = 0;
  const open: { token: CST.Token; depth: number }[] = [{ token, depth: 1 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token: current, depth } = next;
    deepest = Math.max(deepest, depth);
    if (current.type === 'document' && current.value !== undefined) open.push({ token: current.value, depth });
    if (!('items' in current)) continue;
    for (const item of current.items) {
      if (item.key) open.push({ token: item.key, depth: depth + 1 });
      if (item.value) open.push({ token: item.value, depth: depth + 1 });
    }
  }
  return deepest;
}
