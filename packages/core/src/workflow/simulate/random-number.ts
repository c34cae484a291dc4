/** A sequence of numbers from 0 (included) to 1 (not) that a text decides: the same text, the same numbers, everywhere. */
export type Random = () => number;

/** Numbers for a text: FNV-1a makes a seed of it, mulberry32 the sequence. Good enough to draw examples, and for nothing secret. */
export function randomFrom(text: string): Random {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  let state = hash;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An integer from `least` to `most`, both included. */
export const integerFrom = (random: Random, least: number, most: number): number =>
  least + Math.floor(random() * (most - least + 1));

/** An element of a list that is not empty. */
export function oneFrom<T>(random: Random, options: readonly [T, ...T[]]): T {
  return options[integerFrom(random, 0, options.length - 1)] ?? options[0];
}
