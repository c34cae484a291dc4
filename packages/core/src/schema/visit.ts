import type { Problem } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import type { ProblemCode } from '../problem-code.ts';
import { isSecret } from '../secret/paths.ts';
import { describe } from '../yaml/shape.ts';
import type { Keyword } from './keyword.ts';
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

  const here = new OneVisit(schema, pointer, mode, secret || isSecret(schema));
  for (const { check, rule } of demandsOf(schema)) check(rule, value, here);
  return here.problems;
}

class OneVisit implements Visit {
  readonly problems: Problem[] = [];
  readonly schema: JsonObject;
  readonly pointer: string;
  readonly mode: Mode;
  readonly #isHidden: boolean;

  constructor(schema: JsonObject, pointer: string, mode: Mode, isHidden: boolean) {
    this.schema = schema;
    this.pointer = pointer;
    this.mode = mode;
    this.#isHidden = isHidden;
  }

  fail(message: string, pointer = this.pointer, code: ParameterCode = 'wrong_parameter'): void {
    this.problems.push({ message: `${nameOf(pointer)} ${message}`, pointer, code });
  }

  shown(value: Json): string {
    return this.#isHidden ? 'the secret value given' : describe(value);
  }

  ask(schema: Json, value: Json, pointer = this.pointer): Problem[] {
    return visit(schema, value, pointer, this.mode, this.#isHidden);
  }

  descend(schema: Json, value: Json, pointer = this.pointer): void {
    const found = this.ask(schema, value, pointer);
    if (found.length > 0) this.problems.push(...found);
  }
}

interface Demand {
  check: NonNullable<Keyword['check']>;
  rule: Json;
}

const demands = new WeakMap<JsonObject, readonly Demand[]>();

/** What a schema demands of a value: most of what schemas say only informs, and a thousand values may meet the same one. */
function demandsOf(schema: JsonObject): readonly Demand[] {
  const known = demands.get(schema);
  if (known !== undefined) return known;
  const found = Object.entries(schema).flatMap(([name, rule]) => {
    const check = Object.hasOwn(keywords, name) ? keywords[name]?.check : undefined;
    return check === undefined ? [] : [{ check, rule }];
  });
  demands.set(schema, found);
  return found;
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
