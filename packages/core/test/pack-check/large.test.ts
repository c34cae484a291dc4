import { expect, test } from 'vitest';
import { check } from './check.ts';
import { largePack } from './large.ts';

test('what a task takes to check does not grow with the number of tasks', () => {
  const took = (tasks: number): number => {
    const files = largePack(1, tasks);
    const start = process.cpuUsage();
    const findings = check(files);
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    // Processor time: what else the machine does should not count.
    return process.cpuUsage(start).user / tasks;
  };
  took(50);
  const [small, large] = [Math.min(took(50), took(50), took(50)), Math.min(took(400), took(400))];
  // Room for a busy machine: the square of the number would be eight times as much.
  expect(large / small).toBeLessThan(4);
}, 120_000);
