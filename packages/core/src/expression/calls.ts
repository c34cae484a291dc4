import type { Json } from '../json.ts';
import { Expression } from './expression.ts';
import { childrenOf, type Node } from './node.ts';
import { expressionsIn, templatesIn } from './template.ts';

/** Names of the functions that an expression, or the expressions in a template's strings, may call.
 *  @throws ExpressionError where a string of the template cannot be parsed */
export function callsOf(of: Expression | Json): ReadonlySet<string> {
  const names = new Set<string>();
  const walk = (node: Node): void => {
    if (node.kind === 'call') names.add(node.name);
    childrenOf(node).forEach(walk);
  };
  const expressions = of instanceof Expression ? [of] : [...templatesIn(of)].flatMap(({ text }) => expressionsIn(text));
  for (const { root } of expressions) walk(root);
  return names;
}
