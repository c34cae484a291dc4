import type { Json } from '../../json.ts';
import { secretPaths, type Path } from '../../secret/paths.ts';
import { sealedIn } from '../../secret/sealed.ts';
import { pointerKeys } from '../../yaml/pointer.ts';
import type { FlatSchema } from '../../schema/flat-schema.ts';

/** Where secrets stand in a result as its row holds it, by the schema of the action's `output`: its fields are those of `data`, of the
 *  result itself where a workflow gave it, and of standard output that may hold them as text. */
export function secretResultPaths(output: FlatSchema | null | undefined): Path[] {
  const fields = secretPaths(output);
  return fields.length === 0 ? [] : [...fields, ...fields.map((field) => ['data', ...field]), ['stdout']];
}

/** Where they stand in what `task.<name>` and `result()` show of it.
 *  @param result as its row holds it: what is sealed in it is secret, whatever the schema says. */
export function secretViewPaths(output: FlatSchema | null | undefined, result: Json = null): Path[] {
  const sealed = sealedIn(result)
    .map(pointerKeys)
    .filter(([key]) => key !== 'stdout');
  const paths = [
    ...secretResultPaths(output),
    ...sealed.flatMap((path) => (path[0] === 'data' ? [path, path.slice(1)] : [path])),
  ];
  return [...paths, ...paths.map((path) => ['result', ...path])];
}
