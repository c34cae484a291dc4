import type { Json } from '../json.ts';
import { Expression } from './expression.ts';
import { childrenOf, type Node } from './node.ts';
import { positionAt, type Position } from './position.ts';
import { expressionsIn, templatesIn } from './template.ts';

/** What an expression reads, as far as it shows without evaluating it. */
export interface Reference {
  /** A name and the fields taken from it, as far as they are written out: `task.probe.status`, `task["probe"].status` and
   *  `get(task, "probe").status` are task, probe, status. Where the path ends early, everything below it may be read. */
  path: readonly [string, ...string[]];
  /** Offset of each part of the path in the text. */
  offsets: readonly number[];
  /** Where the name stands in the text. */
  position: Position;
  /** JSON pointer of the text, in the value that was given. */
  pointer: string;
}

/** Everything an expression, or the expressions in a template's strings, may read.
 *  @param functions functions of the scope that give something to read: `result().id` is then `result()`, id.
 *  @throws ExpressionError where a string of the template cannot be parsed */
export function referencesOf(of: Expression | Json, functions: readonly string[] = []): Reference[] {
  if (of instanceof Expression) return referencesIn(of, '', functions);
  return [...templatesIn(of)].flatMap(({ text, pointer }) =>
    expressionsIn(text).flatMap((expression) => referencesIn(expression, pointer, functions)),
  );
}

/** The path of an expression that reads one thing and does nothing with it; undefined for any other. */
export function plainPathOf({ root }: Expression, functions: readonly string[] = []): Reference['path'] | undefined {
  const found = pathOf(root, functions);
  return found?.isOpen === true && found.beside.length === 0 ? found.path : undefined;
}

function referencesIn({ text, root }: Expression, pointer: string, functions: readonly string[]): Reference[] {
  const references: Reference[] = [];
  const walk = (node: Node): void => {
    const found = pathOf(node, functions);
    if (found !== undefined) {
      const { path, offsets } = found;
      references.push({ path, offsets, position: positionAt(text, offsets[0] ?? 0), pointer });
    }
    (found?.beside ?? childrenOf(node)).forEach(walk);
  };
  walk(root);
  return references;
}

interface Path {
  path: readonly [string, ...string[]];
  offsets: readonly number[];
  /** Whether all keys up to here are written out, so that the next one belongs to the path. */
  isOpen: boolean;
  /** Parts that are not the path: computed keys, and what `get` falls back to. */
  beside: readonly Node[];
}

/** The path a part spells; undefined where it does not begin with a name or one of the functions. */
function pathOf(node: Node, functions: readonly string[]): Path | undefined {
  if (node.kind === 'name') return { path: [node.name], offsets: [node.start], isOpen: true, beside: [] };
  if (node.kind === 'call' && functions.includes(node.name)) {
    return { path: [`${node.name}()`], offsets: [node.start], isOpen: true, beside: node.arguments };
  }
  const [container, key, ...others] = stepOf(node);
  const inner = container === undefined ? undefined : pathOf(container, functions);
  if (inner === undefined || key === undefined) return undefined;
  const beside = [...inner.beside, ...(key.kind === 'literal' ? [] : [key]), ...others];
  if (!inner.isOpen || key.kind !== 'literal' || typeof key.value !== 'string')
    return { ...inner, isOpen: false, beside };
  return { path: [...inner.path, key.value], offsets: [...inner.offsets, key.start], isOpen: true, beside };
}

/** A container, the key taken from it, and what else `get` was given. */
function stepOf(node: Node): readonly Node[] {
  if (node.kind === 'access') return [node.container, node.key];
  return node.kind === 'call' && node.name === 'get' ? node.arguments : [];
}
