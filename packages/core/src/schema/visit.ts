import type { Problem } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import type { ProblemCode } from '../problem-code.ts';
import { isSecret } from '../secret/paths.ts';
import { describe } from '../yaml/shape.ts';
import { keywords } from './keywords.ts';

export interface Mode {
  /** Whether a text that holds a `{{ }}` template stands for whatever it will render to, and so fits everywhere. */
  templates: boolean;
}

/** What may be wrong with a value by its schema. */
export type ParameterCode = Extract<ProblemCode, 'missing_parameter' | 'unknown_parameter' | 'wrong_parameter'>;

/** One schema meeting one value: what a keyword's check may look at and say. */
export interface Visit {
  schema: JsonObject;
  /** JSON pointer of the value. */
  pointer: string;
  mode: Mode;
  /** Reports a problem with the value at `pointer`, by default the visited one; `message` begins behind its name. */
  fail: (message: string, pointer?: string, code?: ParameterCode) => void;
  /** The value for messages; of a secret, only that it is one. */
  shown: (value: Json) => string;
  /** What is wrong with `value` by another schema, without reporting it. */
  ask: (schema: Json, value: Json, pointer?: string) => Problem[];
  /** Reports what is wrong with `value` by another schema. */
  descend: (schema: Json, value: Json, pointer?: string) => void;
}

/** Everything wrong with `value` by a JSON schema that {@link checkSchema} found sound. `secret` hides the value in messages. */
export function visit(schema: Json, value: Json, pointer: string, mode: Mode, secret: boolean): Problem[] {
  if (schema === true) return [];
  if (schema === false) {
    return [{ message: `${nameOf(pointer)} is not allowed here`, pointer, code: 'unknown_parameter' }];
  }
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return [];
  if (mode.templates && isTemplate(value)) return [];

  const hidden = secret || isSecret(schema);
  const problems: Problem[] = [];
  const here: Visit = {
    schema,
    pointer,
    mode,
    fail: (message, place = pointer, code = 'wrong_parameter') =>
      void problems.push({ message: `${nameOf(place)} ${message}`, pointer: place, code }),
    shown: (shown) => (hidden ? 'the secret value given' : describe(shown)),
    ask: (other, member, place = pointer) => visit(other, member, place, mode, hidden),
    descend: (other, member, place = pointer) => void problems.push(...here.ask(other, member, place)),
  };
  for (const [name, rule] of Object.entries(schema)) {
    if (Object.hasOwn(keywords, name)) keywords[name]?.check?.(rule, value, here);
  }
  return problems;
}

/** Whether a text is or contains a template. */
export const isTemplate = (value: Json): boolean => typeof value === 'string' && /\{\{.*\}\}/s.test(value);

/** A value's name in messages: its path with dots, indices in brackets. */
export function nameOf(pointer: string): string {
  if (pointer === '') return 'The value';
  const path = pointer
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((before, key) => (/^\d+$/.test(key) ? `${before}[${key}]` : `${before}.${key}`));
  return `"${path}"`;
}
