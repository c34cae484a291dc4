import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';

const main = path.join(import.meta.dirname, '../../../bench/growth/main.mjs');

interface Report {
  results: {
    name: string;
    transitions: number;
    first: { median_ms: number; processor_ms: number };
    last: { median_ms: number; processor_ms: number };
    peak_memory_bytes: number;
  }[];
}

test('the bench of growth plays each of its runs to the end', async () => {
  const url = inject('templateUrl').replace(/\/[^/]*$/, '/postgres');
  const all = [main, '--database-url', url, '--scale', '0.002', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, all);
  const { results } = JSON.parse(stdout) as Report;
  expect(results.map(({ name, transitions }) => [name, transitions])).toEqual([
    ['parallel', 3],
    ['sequential', 2],
    ['items', 21],
    ['many-items', 201],
    ['loop', 3],
    ['nesting', 21],
  ]);
  for (const { first, last, peak_memory_bytes } of results) {
    expect(Math.min(first.median_ms, last.median_ms, first.processor_ms, last.processor_ms)).toBeGreaterThan(0);
    expect(peak_memory_bytes).toBeGreaterThan(0);
  }
}, 180_000);
