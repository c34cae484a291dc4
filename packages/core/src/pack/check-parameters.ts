import type { Problem } from '../errors.ts';
import type { Json } from '../json.ts';
import { validate, type FlatSchema } from '../schema/flat-schema.ts';
import { problemAt, type YamlDocument } from '../yaml/document.ts';

/** Problems of parameters that stand at `pointer` of a file; templates in them stand for what they will render to. */
export const checkParameters = (
  document: YamlDocument,
  pointer: string,
  schema: FlatSchema | null,
  value: Json,
): Problem[] =>
  validate(schema, value, { templates: true }).map(({ message, code = 'wrong_parameter', pointer: place = '' }) =>
    // What is not known is found by its name, not by its value.
    problemAt(document, `${pointer}${place}`, message, code, code === 'unknown_parameter' ? 'key' : 'value'),
  );
