/** The middle of the values; of an even number of them, the upper of the two. */
export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** What a tenth of the values stay below. */
export const tenth = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 10)];

/** Numbers from 0 up to 1, the same ones for the same seed. (mulberry32) */
export function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` workflow executions of the `all` there are, the same ones in every run. */
export function someWorkflows(count, all) {
  const next = random(1);
  return Array.from({ length: Math.min(count, all) }, () => String(1 + Math.floor(next() * all)));
}

/** A ratio as told: of the medians, with the range it had in the rounds. */
export function ratioOf(values, ofValues) {
  const rounds = values.map((value, round) => value / ofValues[round]);
  return { ratio: median(values) / median(ofValues), low: Math.min(...rounds), high: Math.max(...rounds) };
}

/** The ratio of the server's processor times; null where they are not known. */
export function processorRatio(values, ofValues) {
  const { ratio } = ratioOf(values, ofValues);
  return Number.isFinite(ratio) && ratio > 0 ? ratio : null;
}
