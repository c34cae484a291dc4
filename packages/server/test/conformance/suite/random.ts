/** Names the moments of this run; ATTUNE_TEST_SEED sets another. */
export const seedOfThisRun = Number(process.env['ATTUNE_TEST_SEED'] ?? '4');

/** Numbers from 0 up to but not including 1, the same ones for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = Math.imul(seed, 2_654_435_761) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
