/** Numbers that only depend on the seed (mulberry32), so that a failure can be made again. */
export interface Random {
  /** An integer from 0 up to and without `limit`. */
  below(limit: number): number;
  pick<T>(of: readonly T[]): T;
  /** True once in `n` times. */
  oneIn(n: number): boolean;
}

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    pick<T>(of: readonly T[]): T {
      if (of.length === 0) throw new Error('Nothing to pick from');
      return of[below(of.length)] as T;
    },
    oneIn: (n) => below(n) === 0,
  };
}
