import { join } from 'node:path';
import { expect, test } from 'vitest';

interface Bar {
  figure: string;
  of: string;
  against?: string;
  better: 'higher' | 'lower';
  must: number;
  goal: number;
}
type Rounds = Record<string, Record<string, number>>[];

interface Bench {
  readOptions: (args: string[], names: string[]) => Record<string, unknown>;
  quantile: (values: number[], share: number) => number;
  median: (values: number[]) => number;
  judged: (bar: Bar, rounds: Rounds) => { value: number; min: number; max: number; verdict: string } | undefined;
  resultOf: (one: object, played: object, setting: object) => object;
  printed: (report: object, before?: object) => string;
  markdown: (stored: object, cases: object[]) => string;
}

/** The bench is plain JavaScript outside the workspaces: what it exports has no types of its own. */
const load = async (file: string): Promise<Bench> =>
  (await import(/* @vite-ignore */ join(import.meta.dirname, '..', 'bench', file))) as Bench;

const { readOptions } = await load('options.mjs');
const { judged, median, quantile } = await load('run/statistics.mjs');
const { resultOf } = await load('run/result.mjs');
const { markdown, printed } = await load('run/report.mjs');

test('without options every case is played at full size', () => {
  expect(readOptions([], ['one', 'two'])).toMatchObject({
    cases: ['one', 'two'],
    scale: 1,
    rounds: 3,
    compare: false,
    store: true,
  });
});

test('cases are chosen by name and keep their order', () => {
  const names = ['one', 'two', 'three'];
  expect(readOptions(['--only', 'three,one'], names)['cases']).toEqual(['one', 'three']);
  expect(readOptions(['--without', 'two', '--scale', '0.1'], names)).toMatchObject({
    cases: ['one', 'three'],
    scale: 0.1,
  });
});

test.each([
  [['--only', 'four'], "there is no case 'four'"],
  [['--scale', '2'], '--scale is a number above 0'],
  [['--rounds', '0'], '--rounds is a whole number from 1'],
  [['--what'], '--what'],
])('%j is refused with the reason', (args, reason) => {
  expect(() => readOptions(args, ['one'])).toThrow(reason);
});

test('a median is the middle, and of an even number the mean of the middle two', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(() => median([])).toThrow(RangeError);
});

test('a quantile is a value that was measured', () => {
  const hundred = Array.from({ length: 100 }, (_, n) => 100 - n);
  expect(quantile(hundred, 0.5)).toBe(51);
  expect(quantile(hundred, 0.99)).toBe(100);
  expect(quantile([7], 0.99)).toBe(7);
});

test('a ratio is that of the medians, with the least and the greatest of the rounds', () => {
  const bar: Bar = { figure: 'per_second', of: 'us', against: 'them', better: 'higher', must: 0.4, goal: 1 };
  const rounds = [
    [50, 100],
    [60, 100],
    [90, 300],
  ].map(([us = 0, them = 0]) => ({ us: { per_second: us }, them: { per_second: them } }));
  expect(judged(bar, rounds)).toEqual({ value: 0.6, min: 0.3, max: 0.6, verdict: 'must' });
  expect(judged({ ...bar, must: 0.7 }, rounds)?.verdict).toBe('misses');
  expect(judged({ ...bar, goal: 0.6 }, rounds)?.verdict).toBe('goal');
});

test('where less is better, a value at most the bound holds; what was not measured is not judged', () => {
  const bar: Bar = { figure: 'ms', of: 'us', better: 'lower', must: 3, goal: 1 };
  expect(judged(bar, [{ us: { ms: 2 } }])?.verdict).toBe('must');
  expect(judged(bar, [{ us: { ms: 1 } }])?.verdict).toBe('goal');
  expect(judged(bar, [{ us: { ms: 3.1 } }])?.verdict).toBe('misses');
  expect(judged(bar, [{ us: { other: 2 } }, {}])).toBeUndefined();
});

test('a report tells figures with their costs, the change, the bars, and what was not measured', () => {
  const bar: Bar = { figure: 'per_second', of: 'us', against: 'them', better: 'higher', must: 0.4, goal: 1 };
  const one = { name: 'case', about: 'what', unit: 'job', contenders: { us: {}, them: {}, others: {} }, bars: [bar] };
  const setting = {
    taken_at: '2026-01-02T03:04:05Z',
    scale: 1,
    rounds: 2,
    postgresql: { server_version: '18', fsync: 'on' },
  };
  const rounds = [50, 70].map((us) => ({ us: { per_second: us }, them: { per_second: 100 } }));
  const cost = { rows_kept: 1, commits: 0.02, wal_bytes: 1_500, postgresql_us: 40, processes_us: 60 };
  const costs = { us: [cost], them: [{ ...cost, postgresql_us: 10 }] };
  const result = resultOf(one, { rounds, costs, missing: { others: 'failed: no' } }, setting);
  const machine = { id: 'abc', processor: 'P', cores: 2, node: 'v20', memory_gib: 8 };
  const before = {
    results: { 'case at 1, in part': resultOf(one, { rounds: [rounds[0]], costs, missing: {} }, setting) },
  };

  const text = printed({ machine, results: [result] }, before);
  expect(text).toMatch(/us\n +per second +60 \[50\.\.70\] +\+20 % against 50\n/);
  expect(text).toContain('per job: rows kept 1, commits that write 0.02, log 1,500 B, processor 40 + 60 us; fsync on');
  expect(text).toContain('others: not measured (failed: no)');
  expect(text).toMatch(
    /case: us against them, per second, ratio +0\.6 \[0\.5\.\.0\.7\], by processor time 0\.7 +must >= 0\.4, goal >= 1: reaches the must/,
  );
  expect(markdown({ machine, results: { one: result } }, [one])).toContain(
    '| case | us against them, per second, ratio | 0.6 [0.5..0.7], by processor time 0.7 | >= 0.4 | >= 1 | reaches the must | 1 |',
  );
});
