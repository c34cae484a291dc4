import { Scalar } from 'yaml';

/** Where the character at `offset` of a text value stands in the file: behind quotes, escapes, the header of a block and its
 *  indentation. Value and source are walked side by side; where folding changed white space, what is not white space sets them
 *  right again. */
export function offsetInSource(source: string, scalar: Scalar, offset: number): number {
  const [start = 0, end = 0] = scalar.range ?? [];
  const value = typeof scalar.value === 'string' ? scalar.value : '';
  let at = start + opening(source.slice(start, end), scalar.type);
  for (let index = 0; index < offset && at < end;) {
    const step = stepAt(source, at, value[index], scalar.type);
    at += step.source;
    index += step.value;
  }
  return skipToValue(source, at, end, value[offset]);
}

/** How many characters of the source stand before the value's first. */
function opening(raw: string, type: Scalar['type']): number {
  if (type === Scalar.QUOTE_SINGLE || type === Scalar.QUOTE_DOUBLE) return 1;
  if (type === Scalar.BLOCK_LITERAL || type === Scalar.BLOCK_FOLDED) return raw.indexOf('\n') + 1;
  return 0;
}

/** How far to go in the source and in the value. */
function stepAt(
  source: string,
  at: number,
  wanted: string | undefined,
  type: Scalar['type'],
): { source: number; value: number } {
  const found = source[at] ?? '';
  if (found === '\\' && type === Scalar.QUOTE_DOUBLE) return escapeAt(source, at);
  if (found === "'" && type === Scalar.QUOTE_SINGLE) return { source: 2, value: 1 };
  if (found === wanted) return { source: 1, value: 1 };
  const isFold = isSpace(found) && wanted !== undefined && isSpace(wanted);
  return isFold ? { source: spacesAt(source, at), value: 1 } : { source: 1, value: 0 };
}

function escapeAt(source: string, at: number): { source: number; value: number } {
  const letter = source[at + 1] ?? '';
  if (letter === '\n' || letter === '\r') return { source: 1 + spacesAt(source, at + 1), value: 0 };
  const digits = { x: 2, u: 4, U: 8 }[letter] ?? 0;
  const isPair = letter === 'U' && parseInt(source.slice(at + 2, at + 10), 16) > 0xffff;
  return { source: 2 + digits, value: isPair ? 2 : 1 };
}

/** Indentation that belongs to the source only. */
function skipToValue(source: string, at: number, end: number, wanted: string | undefined): number {
  let place = at;
  while (place < end && wanted !== undefined && !isSpace(wanted) && isSpace(source[place] ?? '')) place += 1;
  return place;
}

const isSpace = (character: string): boolean => /^\s$/.test(character);
const spacesAt = (source: string, at: number): number => /^\s+/.exec(source.slice(at))?.[0].length ?? 1;
