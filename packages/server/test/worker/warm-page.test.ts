import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { interpreters, openBench } from './bench.ts';

const page = readFileSync(join(import.meta.dirname, '../../../../docs/packs.md'), 'utf8');
const bench = openBench();
afterAll(() => bench[Symbol.asyncDispose]());

const functions = [
  ...(interpreters.python === undefined ? [] : [['python', 'forecast.py'] as const]),
  ['nodejs', 'forecast.mjs'] as const,
];
if (interpreters.python === undefined) console.log('There is no Python here: its function is not called');

test.each(functions)(
  'the %s function of docs/packs.md is called as it stands there',
  async (runner_type, entry_point) => {
    const [, script = ''] = new RegExp(`(?:#|//) actions/${entry_point}\\n([\\s\\S]*?)\`\`\``).exec(page) ?? [];
    const options = { parameters: { levels: [1, 1.5, 2] } };
    const { result, started } = await bench.run({ runner_type, runner: 'warm', entry_point, script }, options);
    expect(result).toMatchObject({ data: { next: 2.5 }, succeeded: true });
    expect(started.log('stdout')).toBe('Looking at 3 levels for demo.script\n');
  },
);
