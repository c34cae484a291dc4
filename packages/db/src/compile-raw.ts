import type { OperationNode, RawBuilder, RawNode, ValueNode } from 'kysely';

/** A statement as it is sent. */
export interface Compiled {
  sql: string;
  parameters: readonly unknown[];
}

/** Text and values of a statement that consists of nothing else, as nearly all of ours do. Kysely's compiler can do more and takes
 *  several times as long, for every statement anew.
 *  @returns undefined where there is something else in it: the compiler knows how that is spelt */
export function compileRaw(statement: RawBuilder<unknown>): Compiled | undefined {
  const parameters: unknown[] = [];
  const sql = textOf(statement.toOperationNode(), parameters);
  return sql === undefined ? undefined : { sql, parameters };
}

function textOf(node: OperationNode, parameters: unknown[]): string | undefined {
  if (isValue(node)) {
    parameters.push(node.value);
    return `$${parameters.length}`;
  }
  if (!isRaw(node)) return undefined;
  const { sqlFragments, parameters: inner } = node;
  let text = '';
  for (let index = 0; index < sqlFragments.length; index += 1) {
    text += sqlFragments[index] ?? '';
    const part = inner[index];
    if (part === undefined) continue;
    const partText = textOf(part, parameters);
    if (partText === undefined) return undefined;
    text += partText;
  }
  return text;
}

const isRaw = (node: OperationNode): node is RawNode => node.kind === 'RawNode';

const isValue = (node: OperationNode): node is ValueNode =>
  node.kind === 'ValueNode' && (node as ValueNode).immediate !== true;
