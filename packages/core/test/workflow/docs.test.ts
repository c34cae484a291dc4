import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatProblem } from '../../src/errors.ts';
import { parseJson, type Json } from '../../src/json.ts';
import { fillDefaults } from '../../src/schema/flat-schema.ts';
import type { Outcome } from '../../src/workflow/conductor/step.ts';
import { parseWorkflow } from '../../src/workflow/file/parse.ts';
import { readYaml } from '../../src/yaml/document.ts';
import { Play, soundly } from './play.ts';

const page = readFileSync(join(import.meta.dirname, '../../../../docs/workflows.md'), 'utf8');

/** The examples: a workflow, and one or more blocks that say what comes of it. */
const examples = [...page.matchAll(/```yaml\n(?<workflow>[^`]+)```(?<blocks>(?:\s+```\n[^`]+```)+)/g)].map(
  ({ groups }) => ({
    workflow: groups?.['workflow'] ?? '',
    blocks: [...(groups?.['blocks'] ?? '').matchAll(/```\n([^`]+)```/g)].map(([, block = '']) =>
      block.trim().split('\n'),
    ),
  }),
);

const cases = examples.flatMap(({ workflow, blocks }) =>
  blocks.map((lines) => ({
    workflow,
    lines,
    name: `${/ref: (.*)/.exec(workflow)?.[1] ?? 'problems'}: ${lines.at(-1) ?? ''}`,
  })),
);

test('every workflow on the page has what comes of it below', () => {
  expect(examples).toHaveLength(page.match(/```yaml/g)?.length ?? 0);
});

test.each(cases)('$name', ({ workflow, lines }) => {
  if (lines[0]?.startsWith('->') === true) play(workflow, lines);
  else expect(parseWorkflow(readYaml(workflow, 'workflow.yaml')).problems.map(formatProblem)).toEqual(lines);
});

function play(workflow: string, [first = '', ...lines]: string[]): void {
  const definition = soundly(workflow, 'workflow.yaml');
  const run = new Play(definition, { parameters: fillDefaults(definition.parameters, {}) });
  expect(`-> ${run.first.join(' ')}`).toBe(first);
  for (const line of lines) {
    const [, told = '', sign = '', expected = ''] = /^(.*?) ?(->|=>|~) ?(.*)$/.exec(line) ?? [];
    const [of = '', outcome = '', ...result] = told.split(' ');
    const [task = '', item] = of.split('.');
    const finish = (value: Json): string[] =>
      item === undefined
        ? run.finish(task, outcome as Outcome, value)
        : run.finishItem(task, Number(item), outcome as Outcome, value);
    const started = finish(parseJson(result.join(' ') || '{}'));
    expect(started.join(' ')).toBe(sign === '->' ? expected : '');
    if (sign === '~') {
      expect(String(run.retries.at(-1)?.delay_seconds)).toBe(expected);
      run.again(task);
    }
    if (sign !== '=>') expect(run.outcome).toBeNull();
    else expectOutcome(run, expected);
  }
  expect(run.outcome).not.toBeNull();
}

function expectOutcome(run: Play, expected: string): void {
  const [status, ...result] = expected.split(' ');
  expect(run.outcome).toEqual({ status, result: parseJson(result.join(' ')) });
}
