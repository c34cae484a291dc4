import fc from 'fast-check';
import type { WorkflowDefinition } from '../../src/workflow/definition.ts';
import { taskOf, transitionsTo, workflowOf } from './arrows.ts';

/** Any graph of up to `most` tasks with up to three transitions each, self-loops and meshes of loops included. */
export const randomArrows = (most: number): fc.Arbitrary<WorkflowDefinition> =>
  fc
    .integer({ min: 1, max: most })
    .chain((size) =>
      fc.array(fc.array(fc.integer({ min: 0, max: size - 1 }), { maxLength: 3 }), { minLength: size, maxLength: size }),
    )
    .map((targets) =>
      workflowOf(
        targets.map((list, task) => taskOf(`t${task}`, { next: transitionsTo(list.map((target) => `t${target}`)) })),
      ),
    );
