import fc from 'fast-check';
import { parseWorkflow, readYaml, type WorkflowDefinition } from '@attune/core';
import type { Database } from '@attune/db';
import { fileOf } from '../../core/test/workflow/model/file.ts';
import { randomWorkflow } from '../../core/test/workflow/model/random.ts';
import type { Attempt, Ending } from './model.ts';
import { registerTestPack } from './play.ts';

/** A number from 0 to 9 that a text comes to, and nothing else. */
export const digitOf = (text: string): number =>
  Array.from(text).reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) % 1_000_003, 7) % 10;

/** How attempts end, by what they are and nothing else. */
export const endingBy =
  (salt: number) =>
  ({ task_name, visit, task_index, attempt }: Attempt): Ending => {
    const digit = digitOf(`${salt} ${task_name} ${visit} ${attempt} ${task_index ?? ''}`);
    if (digit === 9) return { kind: 'lost' };
    const kind = digit < 6 ? 'succeeded' : digit < 8 ? 'failed' : 'timed_out';
    return { kind, data: { n: digitOf(`${task_name} ${salt} ${visit}`) } };
  };

/** Random workflows that the parser accepts, called `test.flow`, with the delays of their retries taken away. */
export function workflows(seed: number, count: number): WorkflowDefinition[] {
  const isSound = (file: string): boolean => parseWorkflow(readYaml(file, 'random.yaml')).workflow !== undefined;
  return fc
    .sample(randomWorkflow(6), { seed, numRuns: count * 8 })
    .map((definition) => ({
      ...definition,
      ref: 'test.flow',
      max_visits: 5,
      tasks: definition.tasks.map((task) => ({
        ...task,
        action: 'test.do',
        retry: task.retry && { ...task.retry, delay: 0, max_delay: null },
      })),
    }))
    .filter((definition) => isSound(fileOf(definition)))
    .slice(0, count);
}

/** Registers the test pack with a workflow in it. */
export const registerWorkflow = (
  db: Database,
  definition: WorkflowDefinition,
  more: Record<string, string> = {},
): Promise<void> =>
  registerTestPack(db, {
    'actions/flow.yaml': 'ref: test.flow\nworkflow_file: workflows/flow.workflow.yaml\n',
    'actions/workflows/flow.workflow.yaml': fileOf(definition).replace(/^ref: .*\n/, ''),
    ...more,
  });
