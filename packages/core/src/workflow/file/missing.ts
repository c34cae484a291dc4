import type { Problem } from '../../errors.ts';
import { isJsonObject, ownValue, type Json } from '../../json.ts';
import { problemAt } from '../../yaml/document.ts';
import { pointerKeys } from '../../yaml/pointer.ts';
import type { Shape } from '../../yaml/shape.ts';
import { neededInTask, neededInWorkflow } from './keys.ts';
import type { WorkflowSource } from './parse.ts';

/** Keys that a workflow or a task cannot do without and that are not there at all. */
export const missingKeys = ({ document, tasks }: WorkflowSource): Problem[] =>
  [
    { pointer: '', needed: neededInWorkflow },
    ...tasks.map(({ pointer }) => ({ pointer, needed: neededInTask })),
  ].flatMap(({ pointer, needed }) => {
    const value = valueAt(document.readable ?? null, pointer);
    return Object.entries<Shape<unknown>>(needed)
      .filter(([key]) => isJsonObject(value) && (ownValue(value, key) ?? null) === null)
      .map(([key, { expected }]) =>
        problemAt(document, pointer, `The key "${key}" is missing; it must be ${expected}`, 'missing_key'),
      );
  });

function valueAt(value: Json, pointer: string): Json {
  let at: Json = value;
  for (const key of pointerKeys(pointer)) {
    if (Array.isArray(at)) at = at[Number(key)] ?? null;
    else at = isJsonObject(at) ? (ownValue(at, key) ?? null) : null;
  }
  return at;
}
