/** The report as text, for people. */
export function printed({ setting, results }) {
  const heading = `PostgreSQL ${setting.postgresql}, Node ${setting.node}, ${setting.cores} cores, scale ${setting.scale}`;
  return [heading, ...results.map(part)].join('\n\n');
}

const ms = (value) => `${value.toFixed(2)} ms`;

function part({ title, transitions, first, last, ...more }) {
  const { longest_ms, total_seconds, claim_ms, start_ms, peak_memory_bytes, bytes_per_transition } = more;
  const line = (what, key) =>
    `  ${what}: first tenth ${ms(first[key])}, last tenth ${ms(last[key])}, ratio ${(last[key] / first[key]).toFixed(2)}`;
  return [
    title,
    `  ${transitions} transitions in ${total_seconds.toFixed(1)} s, the longest ${ms(longest_ms)}; the start ${ms(start_ms)}, claims ${ms(claim_ms)} each`,
    line('processor, mean', 'processor_ms'),
    line('clock, median', 'median_ms'),
    `  memory of the process at most ${(peak_memory_bytes / 2 ** 20).toFixed(0)} MiB; stored per transition, indexes included: execution ${bytes_per_transition.execution} B, record ${bytes_per_transition.step} B`,
  ].join('\n');
}
