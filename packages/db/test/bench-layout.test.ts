import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';

const main = path.join(import.meta.dirname, '../../../bench/layout/main.mjs');

/** Runs the bench on the run's own server, and its build, as whoever measures does. Exit code 1 says that a query's plan does
 *  not hold, which of tables this small is no fault. */
async function bench(...args: string[]): Promise<unknown> {
  const url = inject('templateUrl').replace(/\/[^/]*$/, '/postgres');
  const all = [main, '--database-url', url, '--rows', '4000', '--json', ...args];
  const { stdout } = await promisify(execFile)(process.execPath, all).catch((error: unknown) => {
    const ended = error as { code?: unknown; stdout: string };
    if (ended.code === 1 && ended.stdout !== '') return ended;
    throw error;
  });
  return JSON.parse(stdout);
}

interface Comparison {
  setting: { task_executions: number };
  reads: {
    query: string;
    milliseconds: Record<string, number>;
    pages: Record<string, { pages: number; rows: number }>;
    ratios: { ratio: number }[];
  }[];
  sizes: Record<string, { name: string; bytes: number }[]>;
  writes: { form: string; steps: { step: string; ratios: { ratio: number }[] }[]; walRatios: { ratio: number }[] }[];
}

test('the bench of the layouts compares the same facts in both', async () => {
  const report = (await bench('--rounds', '1')) as Comparison;
  expect(report.setting.task_executions).toBe(4000);
  expect(Object.keys(report.sizes).sort()).toEqual(['one', 'tuned', 'two']);
  expect(report.reads.length).toBeGreaterThanOrEqual(5);
  for (const { milliseconds, pages, ratios } of report.reads) {
    const rows = Object.values(pages).map((read) => read.rows);
    expect(rows).toEqual(rows.map(() => pages['one']?.rows));
    expect(pages['one']?.rows).toBeGreaterThan(0);
    expect(Object.values(milliseconds).every((ms) => ms > 0)).toBe(true);
    expect(ratios.every(({ ratio }) => ratio > 0)).toBe(true);
  }
  expect(report.writes.map(({ form }) => form)).toEqual(['single', 'batch']);
  for (const { steps, walRatios } of report.writes) {
    expect(steps.map(({ step }) => step)).toEqual(['insert', 'start', 'finish']);
    expect([...steps.flatMap(({ ratios }) => ratios), ...walRatios].every(({ ratio }) => ratio > 0)).toBe(true);
  }
});

test('its --explain tells how each documented query finds its rows', async () => {
  const { explained } = (await bench('--explain')) as {
    explained: { query: string; pages: number; scans: string[] }[];
  };
  expect(explained.map(({ query }) => query)).toContain('pending retry');
  for (const { pages, scans } of explained) {
    expect(pages).toBeGreaterThan(0);
    expect(scans).not.toEqual([]);
  }
});

test('its --migration tells how long the consolidation takes and what it needs of the disk', async () => {
  const { migration } = (await bench('--migration')) as {
    migration: {
      seconds: number;
      logWrittenBytes: number;
      databaseBytes: Record<string, number>;
      peakInTables: number;
    };
  };
  expect(migration.seconds).toBeGreaterThan(0);
  expect(migration.logWrittenBytes).toBeGreaterThan(0);
  const { before, peak, after } = migration.databaseBytes;
  expect(peak).toBeGreaterThanOrEqual(Math.max(before ?? 0, after ?? 0));
  expect(migration.peakInTables).toBeGreaterThanOrEqual(0);
});
