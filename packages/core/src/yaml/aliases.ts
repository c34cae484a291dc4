import { isAlias, isMap, isSeq, isNode, type Alias, type Document, type Node } from 'yaml';

/** What each alias of a document stands for: the last node before it, in the order of the text, that carries the anchor. One walk
 *  for all; the library's own `resolve` walks the document anew for each alias. Aliases without anchor are left out. */
export function resolveAliases(document: Document): Map<Alias, Node> {
  const anchored = new Map<string, Node>();
  const sources = new Map<Alias, Node>();
  const walk = (node: unknown): void => {
    if (!isNode(node)) return;
    if (isAlias(node)) {
      const source = anchored.get(node.source);
      if (source !== undefined) sources.set(node, source);
      return;
    }
    if (node.anchor !== undefined) anchored.set(node.anchor, node);
    if (isSeq(node)) node.items.forEach(walk);
    if (isMap(node)) {
      for (const pair of node.items) {
        walk(pair.key);
        walk(pair.value);
      }
    }
  };
  walk(document.contents);
  return sources;
}
