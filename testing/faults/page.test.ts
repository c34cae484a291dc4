import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checks } from './checks/index.ts';
import { faultKinds } from './fault.ts';
import { root } from './root.ts';

test('docs/fault-tests.md names every kind of fault and every check', () => {
  const page = readFileSync(join(root, 'docs', 'fault-tests.md'), 'utf8');
  const missing = [...faultKinds, ...Object.keys(checks)].filter((name) => !page.includes(`\`${name}\``));
  expect(missing).toEqual([]);
});
