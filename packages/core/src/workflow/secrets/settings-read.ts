import { parseCondition, type Expression } from '../../expression/expression.ts';
import { referencesOf } from '../../expression/reference.ts';
import type { Json } from '../../json.ts';
import { itemsOf } from '../program.ts';
import type { TaskDefinition, WorkflowDefinition } from '../definition.ts';

/** What expressions read that stands outside of a run. */
export interface SettingsRead {
  config: boolean;
  /** Names of keys; null where it is only known when it is evaluated; none: no keys are read. */
  keys: readonly string[] | null;
}

/** What a workflow reads of its pack's configuration and of keys: a run begins with a copy of just that. */
export const settingsReadBy = (definition: WorkflowDefinition): SettingsRead =>
  settingsIn([...definition.tasks.flatMap(sourcesOf), definition.output_map]);

/** The same of expressions and templates. */
export function settingsIn(sources: readonly (Expression | Json)[]): SettingsRead {
  const paths = sources.flatMap((source) => referencesOf(source)).map(({ path }) => path);
  const keys = paths.filter(([root]) => root === 'keystore').map(([, name]) => name);
  return {
    config: paths.some(([root]) => root === 'config'),
    keys: keys.some((name) => name === undefined)
      ? null
      : [...new Set(keys.flatMap((name) => (name === undefined ? [] : [name])))],
  };
}

function sourcesOf(task: TaskDefinition): (Expression | Json)[] {
  const { when, concurrency, retry, next } = task;
  const conditions = [when, typeof concurrency === 'string' ? concurrency : null, retry?.on_error ?? null];
  return [
    ...[...conditions, ...next.map((transition) => transition.when)].flatMap((text) =>
      text === null ? [] : [parseCondition(text)],
    ),
    itemsOf(task),
    task.input,
    next.map(({ publish }) => publish),
  ];
}
