import type { FlatSchema } from '../../schema/flat-schema.ts';
import { secretPaths } from '../../secret/paths.ts';
import { childPointer } from '../../yaml/pointer.ts';
import type { WorkflowDefinition } from '../definition.ts';
import { exposedBy, exposedOutput, exposedParameter } from './exposed.ts';
import { secretViewPaths } from './result-paths.ts';
import { secretsOf, type SecretSources } from './secrets.ts';

/** What is known of the pack and the actions around a workflow. */
export interface KnownSchemas {
  /** Of the pack's configuration. */
  config: FlatSchema | null;
  /** Undefined where there is no such action, or nothing is known of it. */
  action: (ref: string) => { parameters: FlatSchema | null; output?: FlatSchema | null } | undefined;
}

/** A secret on its way to where it would be seen. */
export interface ExposedSecret {
  /** JSON pointer in the definition: `/tasks/0/input/url`, `/output_map/url`. */
  pointer: string;
  message: string;
}

/** Where a workflow would put secrets that is not marked secret: what its author has to change, found before any run. A run decides by
 *  the same places; what only its own results can tell it finds out then. */
export function secretFlows(definition: WorkflowDefinition, known: KnownSchemas): ExposedSecret[] {
  const secrets = secretsOf(definition, sourcesKnown(definition, known));
  const inputs = definition.tasks.flatMap((task, index) => {
    const action = known.action(task.action);
    if (action === undefined) return [];
    const place = childPointer(childPointer('/tasks', index), 'input');
    return exposedBy(secrets.input(task.name), action.parameters, task.input === 'inherit').map((flow) => ({
      pointer: `${place}${flow.pointer}`,
      message: exposedParameter(flow, task.action),
    }));
  });
  const output = exposedBy(secrets.output, definition.output).map((flow) => ({
    pointer: childPointer('/output_map', flow.path[0] ?? ''),
    message: exposedOutput(flow),
  }));
  return [...inputs, ...output];
}

/** What schemas say to be secret for a workflow. */
export const sourcesKnown = (definition: WorkflowDefinition, { config, action }: KnownSchemas): SecretSources => ({
  config: secretPaths(config),
  results: Object.fromEntries(
    definition.tasks.flatMap((task) => {
      const paths = secretViewPaths(action(task.action)?.output);
      return paths.length === 0 ? [] : [[task.name, paths]];
    }),
  ),
});
