import type { Json } from '@attune/core';

/** What happened in which order, as far as the language says: a text stands for itself, the elements of the outer list follow one
 *  another, those of a list in it come in any order, those of a list in that one follow one another again, and so on. */
export type Order = string | Order[];

interface Span {
  all: string[];
  /** Each pair (a, b): a comes before b. */
  before: [string, string][];
}

/** Whether a list is one of the orders that are allowed: all entries, each once, none before what it follows. */
export function isAllowed(order: Order, list: readonly string[]): boolean {
  const { all, before } = spanOf(order, true);
  if (all.length !== list.length || new Set(list).size !== list.length) return false;
  const place = new Map(list.map((entry, index) => [entry, index]));
  if (all.some((entry) => !place.has(entry))) return false;
  return before.every(([first, second]) => (place.get(first) ?? 0) < (place.get(second) ?? 0));
}

function spanOf(order: Order, isSequence: boolean): Span {
  if (typeof order === 'string') return { all: [order], before: [] };
  const parts = order.map((part) => spanOf(part, !isSequence));
  const before = parts.flatMap((part) => part.before);
  if (isSequence) {
    // it is enough to compare neighbours that are not empty
    const filled = parts.filter((part) => part.all.length > 0);
    filled.slice(1).forEach((next, index) => {
      for (const first of filled[index]?.all ?? []) for (const second of next.all) before.push([first, second]);
    });
  }
  return { all: parts.flatMap((part) => part.all), before };
}

export function readOrder(value: Json): Order {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(readOrder);
  throw new Error(`An order is made of texts and lists, not of ${JSON.stringify(value)}`);
}
