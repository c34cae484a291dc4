import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { breakPointNames, breakPointOf, readBreakPoint } from '../../packages/db/src/break-point.ts';
import { root } from './root.ts';

const packages = join(root, 'packages');

/** Every call in the sources, with its name. */
function placed(): string[] {
  return readdirSync(packages).flatMap((name) =>
    readdirSync(join(packages, name, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.endsWith('break-point.ts'))
      .flatMap((path) =>
        [...readFileSync(join(packages, name, 'src', path), 'utf8').matchAll(/\bbreakPoint\('([^']+)'\)/g)].map(
          (match) => match[1] ?? '',
        ),
      ),
  );
}

test('each break point stands in one place of the code', () => {
  expect(placed().sort()).toEqual([...breakPointNames].sort());
});

test('a break point acts at the pass that was asked for, and no other does', () => {
  const at = breakPointOf(`${breakPointNames[0]}:2:throw`);
  at(breakPointNames[0]);
  at(breakPointNames[1]);
  expect(() => at(breakPointNames[0])).toThrow(breakPointNames[0]);
  at(breakPointNames[0]);
});

test('without the environment variable nothing happens, and one that names nothing is refused', () => {
  breakPointOf(undefined)(breakPointNames[0]);
  expect(readBreakPoint(breakPointNames[0])).toEqual({ name: breakPointNames[0], nth: 1, action: 'kill' });
  expect(() => readBreakPoint('nowhere')).toThrow(breakPointNames[1]);
});
