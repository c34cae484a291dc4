/** The value below which the part `share` (0 to 1) of the values lies: the nearest that was measured. */
export function quantile(values, share) {
  if (values.length === 0) throw new RangeError('There is no quantile of no values');
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** The middle of the values; of an even number, the mean of the middle two. */
export function median(values) {
  if (values.length === 0) throw new RangeError('There is no median of no values');
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2;
}

/** Median, least and greatest, and how many there are. */
export const summary = (values) => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values),
  count: values.length,
});

/** Latencies in milliseconds as the figures that are told of them. */
export const percentiles = (values, prefix = '') => ({
  [`${prefix}p50_ms`]: median(values),
  [`${prefix}p95_ms`]: quantile(values, 0.95),
  [`${prefix}p99_ms`]: quantile(values, 0.99),
});

export const perSecond = (count, milliseconds) => count / (milliseconds / 1_000);

/** What was measured against what is asked for.
 *  @param bar `better` is `higher` or `lower`; `must` and `goal` are bounds of the value.
 *  @returns the value, a ratio of medians with the least and greatest of the rounds where it is against another contender, and whether
 *  it reaches the goal, the must, or neither; undefined where something was not measured. */
export function judged({ figure, of, against, better, must, goal }, rounds) {
  const pick = (round, contender) => round[contender]?.[figure];
  const complete = rounds.filter(
    (round) => pick(round, of) !== undefined && (against === undefined || pick(round, against) !== undefined),
  );
  if (complete.length === 0) return undefined;
  const ours = complete.map((round) => pick(round, of));
  const theirs = complete.map((round) => (against === undefined ? 1 : pick(round, against)));
  const each = ours.map((value, index) => value / theirs[index]);
  const value = median(ours) / median(theirs);
  const reaches = (bound) => (better === 'higher' ? value >= bound : value <= bound);
  const verdict = reaches(goal) ? 'goal' : reaches(must) ? 'must' : 'misses';
  return { value, min: Math.min(...each), max: Math.max(...each), verdict };
}
