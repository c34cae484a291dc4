import { problemOf, type TextProblem } from '../expression/check.ts';
import { ExpressionError } from '../expression/error.ts';
import { parseCondition } from '../expression/expression.ts';
import { isPredicateName, predicateNames } from '../expression/predicate.ts';
import { isJsonObject, ownValue, type Json, type JsonObject } from '../json.ts';
import type { ProblemCode } from '../problem-code.ts';
import { suggestion } from '../yaml/nearest.ts';
import { childPointer } from '../yaml/pointer.ts';
import { describe } from '../yaml/shape.ts';
import type { Condition } from './condition.ts';
import { valueProblem } from './operand.ts';

/** How deep `all` and `any` may nest. */
const deepestGroup = 20;

/** Reads the conditions of a rule:
 *  - nothing, `{}` or `[]`: always holds
 *  - `{expression: text}`
 *  - `{field, operator, value}`
 *  - `{all: [...]}` or `{any: [...]}` of such conditions, nested as needed
 *  - a list, which is the same as `all`
 *  @returns the conditions, and all that is wrong with them, with JSON pointers. Where something is wrong the conditions are only
 *  those that could be read, or undefined. */
export function parseConditions(conditions: Json): { condition: Condition | undefined; problems: TextProblem[] } {
  const reader = new Reader();
  const isNothing = conditions === null || (isJsonObject(conditions) && Object.keys(conditions).length === 0);
  const condition = reader.read(isNothing ? [] : conditions, '', 0);
  return { condition, problems: reader.problems };
}

class Reader {
  readonly problems: TextProblem[] = [];

  read(value: Json, pointer: string, depth: number): Condition | undefined {
    if (Array.isArray(value)) return this.#group('all', value, pointer, depth);
    if (!isJsonObject(value)) {
      const expected = 'a list of conditions, or a map with "expression", "field", "all" or "any"';
      this.#report(pointer, `A condition must be ${expected}, not ${describe(value)}`, 'wrong_type');
      return undefined;
    }
    if (Object.hasOwn(value, 'field') || Object.hasOwn(value, 'operator')) return this.#field(value, pointer);
    const forms = ['expression', 'all', 'any'] as const;
    const form = forms.find((key) => Object.hasOwn(value, key));
    if (form === undefined) {
      const [first = ''] = Object.keys(value);
      const known = ['field', 'operator', 'value', ...forms];
      const found = first === '' ? 'it is empty' : `it has "${first}".${suggestion(first, known)}`;
      const message = `A condition needs "expression", "field", "all" or "any"; ${found}`;
      this.#report(pointer, message, first === '' ? 'missing_key' : 'unknown_key');
      return undefined;
    }
    this.#refuseOthers(value, [form], pointer);
    const content = ownValue(value, form) ?? null;
    const place = childPointer(pointer, form);
    if (form === 'expression') return this.#expression(content, place);
    if (Array.isArray(content)) return this.#group(form, content, place, depth);
    this.#report(place, `"${form}" must be a list of conditions, not ${describe(content)}`, 'wrong_type');
    return undefined;
  }

  #group(kind: 'all' | 'any', values: readonly Json[], pointer: string, depth: number): Condition | undefined {
    if (depth >= deepestGroup) {
      this.#report(pointer, `Conditions nest at most ${deepestGroup} levels deep`, 'wrong_value');
      return undefined;
    }
    if (kind === 'any' && values.length === 0) {
      this.#report(pointer, '"any" needs at least one condition: none of nothing ever holds', 'wrong_value');
      return undefined;
    }
    const conditions = values.map((value, index) => this.read(value, childPointer(pointer, index), depth + 1));
    return { kind, conditions: conditions.filter((condition) => condition !== undefined) };
  }

  #expression(text: Json, pointer: string): Condition | undefined {
    if (typeof text !== 'string') {
      const isBare = typeof text === 'boolean' || typeof text === 'number';
      const message = `"expression" must be a text, not ${describe(text)}${isBare ? '; put it in quotes' : ''}`;
      this.#report(pointer, message, isBare ? 'needs_quotes' : 'wrong_type');
      return undefined;
    }
    try {
      return { kind: 'expression', expression: parseCondition(text), pointer };
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      this.problems.push({ ...problemOf(error), pointer });
      return undefined;
    }
  }

  #field(value: JsonObject, pointer: string): Condition | undefined {
    this.#refuseOthers(value, ['field', 'operator', 'value'], pointer);
    const path = this.#path(ownValue(value, 'field') ?? null, childPointer(pointer, 'field'));
    const operator = ownValue(value, 'operator') ?? null;
    const place = childPointer(pointer, 'operator');
    if (typeof operator !== 'string' || !isPredicateName(operator)) {
      const found = operator === null ? 'it is missing' : `not ${describe(operator)}`;
      const meant = typeof operator === 'string' ? `.${suggestion(operator, predicateNames)}` : '';
      const message = `"operator" must be one of ${predicateNames.join(', ')}; ${found}${meant}`;
      this.#report(place, message, operator === null ? 'missing_key' : 'wrong_value');
      return undefined;
    }
    const given = ownValue(value, 'value') ?? (operator === 'exists' && !Object.hasOwn(value, 'value') ? true : null);
    const problem =
      Object.hasOwn(value, 'value') || operator === 'exists' ? valueProblem(operator, given) : missingValue;
    if (problem !== undefined) {
      const code = problem === missingValue ? 'missing_key' : 'wrong_value';
      this.#report(childPointer(pointer, 'value'), problem, code);
      return undefined;
    }
    return path === undefined ? undefined : { kind: 'field', path, operator, value: given, pointer };
  }

  #path(field: Json, pointer: string): string[] | undefined {
    if (typeof field === 'string' && field !== '') {
      const path = field.split('.');
      if (path.every((key) => key !== '')) return path;
    } else if (Array.isArray(field) && field.length > 0 && field.every((key) => typeof key === 'string')) {
      return [...field];
    }
    const expected = 'a path inside the payload, such as repository.name, or a list of keys';
    this.#report(pointer, `"field" must be ${expected}, not ${describe(field)}`, 'wrong_value');
    return undefined;
  }

  #refuseOthers(value: JsonObject, known: readonly string[], pointer: string): void {
    for (const key of Object.keys(value)) {
      if (known.includes(key)) continue;
      const allowed = known.map((name) => `"${name}"`).join(', ');
      const meant = suggestion(key, known);
      const message = `Unknown key "${key}" in a condition that has ${allowed}.${meant}`;
      this.#report(childPointer(pointer, key), message, 'unknown_key');
    }
  }

  #report(pointer: string, message: string, code: ProblemCode): void {
    this.problems.push({ message, pointer, code });
  }
}

const missingValue = '"value" is missing; write "value: null" to compare with null';
