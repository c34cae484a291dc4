import type { Value } from './value.ts';

/** The parts of a parsed expression. */
export type Node = Literal | ListNode | Name | Access | Call | Not | Negate | Binary | Logic;

interface Place {
  /** Offsets of the part in the text; `end` is the first character behind it. */
  start: number;
  end: number;
  /** What an error would point at: the operator, the field, the function's name. */
  at: number;
}

export interface Literal extends Place {
  kind: 'literal';
  value: Value;
}

export interface ListNode extends Place {
  kind: 'list';
  elements: Node[];
}

export interface Name extends Place {
  kind: 'name';
  name: string;
}

/** `container.key`, whose key is a literal, or `container[key]`. */
export interface Access extends Place {
  kind: 'access';
  container: Node;
  key: Node;
  /** Written with a dot: then a list takes digits for an index. */
  dotted: boolean;
}

export interface Call extends Place {
  kind: 'call';
  name: string;
  arguments: Node[];
}

export interface Not extends Place {
  kind: 'not';
  operand: Node;
}

export interface Negate extends Place {
  kind: 'negate';
  operand: Node;
}

export interface Binary extends Place {
  kind: 'binary';
  operator: BinaryOperator;
  left: Node;
  right: Node;
}

/** A chain `a and b and c`, or of `or`. */
export interface Logic extends Place {
  kind: 'and' | 'or';
  operands: Node[];
}

export const binaryOperators = ['==', '!=', '<', '>', '<=', '>=', 'in', '+', '-', '*', '/', '%'] as const;
export type BinaryOperator = (typeof binaryOperators)[number];

/** The parts a part is made of, in the order they are evaluated. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'literal':
    case 'name':
      return [];
    case 'list':
      return node.elements;
    case 'access':
      return [node.container, node.key];
    case 'call':
      return node.arguments;
    case 'not':
    case 'negate':
      return [node.operand];
    case 'binary':
      return [node.left, node.right];
    case 'and':
    case 'or':
      return node.operands;
  }
}
