import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseWorkflow } from '../../../src/workflow/file/parse.ts';
import { readYaml } from '../../../src/yaml/document.ts';
import { fileOf } from './file.ts';
import { randomWorkflow } from './random.ts';
import { search } from './search.ts';

/** `npm run test:deep` plays many more. */
const runs = 2_000;

test('the conductor decides as the model does, step by step, in two thousand random runs', () => {
  expect(search(20_261_126, runs)).toBeNull();
}, 180_000);

test('a random workflow is printed as the file it could be', () => {
  fc.assert(
    fc.property(randomWorkflow(5), (definition) => {
      const { workflow, problems } = parseWorkflow(readYaml(fileOf(definition), 'model.yaml'));
      fc.pre(workflow !== undefined); // the parser refuses some, such as joins that nothing leads to
      expect(problems).toEqual([]);
      const { tasks, vars, output_map, max_visits } = definition;
      expect(workflow).toMatchObject({ tasks, vars, output_map, max_visits });
    }),
    { numRuns: 50 },
  );
});
