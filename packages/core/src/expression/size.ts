import { deepestValue } from './budget.ts';
import { type Value, isFloat } from './value.ts';

/** How large a value is: a string counts its characters, a list and an object what they hold, a key its characters, and
 *  everything at least one. Counting ends once `enough` is passed, so that a value which repeats one part a thousand times
 *  costs no more than it may.
 *  @returns Infinity where lists and objects nest deeper than {@link deepestValue} levels. */
export function sizeOf(value: Value, enough = Infinity, depth = 0): number {
  if (typeof value === 'string') return Math.max(1, value.length);
  if (typeof value !== 'object' || value === null || isFloat(value)) return 1;
  if (depth >= deepestValue) return Infinity;
  let size = 0;
  if (Array.isArray(value)) {
    for (const element of value) {
      size += sizeOf(element, enough - size, depth + 1);
      if (size > enough) return size;
    }
  } else {
    for (const key of Object.keys(value)) {
      size += key.length + sizeOf(value[key] ?? null, enough - size, depth + 1);
      if (size > enough) return size;
    }
  }
  return Math.max(1, size);
}
