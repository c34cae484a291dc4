import type { Expression } from '../expression/expression.ts';
import { checkTemplates, problemAtOffset, problemCodeOf, type TextProblem } from '../expression/check.ts';
import { faultsOf } from '../expression/fault.ts';
import { referencesOf, type Reference } from '../expression/reference.ts';
import { expressionsIn, templatesIn } from '../expression/template.ts';
import type { Json } from '../json.ts';
import type { ProblemCode } from '../problem-code.ts';
import { suggestion } from '../yaml/nearest.ts';
import type { Condition } from './condition.ts';
import { parseConditions } from './parse-conditions.ts';
import { actionParamsNames, ruleNames, type KnownFields } from './scope.ts';

/** Everything wrong with the conditions of a rule that shows before any event: their form, expressions that cannot be parsed or
 *  cannot work, and names that no event has (at run time those are null). Each with its JSON pointer into the conditions. */
export function checkConditions(conditions: Json): TextProblem[] {
  const { condition, problems } = parseConditions(conditions);
  return condition === undefined ? problems : [...problems, ...problemsOf(condition)];
}

/** The same for the templates in the parameters of its action. */
export function checkActionParams(params: Json): TextProblem[] {
  const malformed = checkTemplates(params);
  if (malformed.length > 0) return malformed;
  return [...templatesIn(params)].flatMap(({ text, pointer }) =>
    expressionsIn(text).flatMap((expression) => namesIn(expression, pointer, actionParamsNames)),
  );
}

function problemsOf(condition: Condition): TextProblem[] {
  switch (condition.kind) {
    case 'field':
      return [];
    case 'all':
    case 'any':
      return condition.conditions.flatMap(problemsOf);
    case 'expression': {
      const { expression, pointer } = condition;
      const faults = faultsOf(expression).map(({ kind, message, offset }) =>
        placed(expression, offset, message, pointer, problemCodeOf[kind]),
      );
      return [...faults, ...namesIn(expression, pointer)];
    }
  }
}

const namesIn = (expression: Expression, pointer: string, names: KnownFields = ruleNames): TextProblem[] =>
  referencesOf(expression).flatMap((reference) => {
    const unknown = unknownPart(reference, names);
    return unknown === undefined ? [] : [placed(expression, unknown.offset, unknown.message, pointer, 'unknown_name')];
  });

const placed = (
  { text }: Expression,
  offset: number,
  message: string,
  pointer: string,
  code: ProblemCode,
): TextProblem => ({ ...problemAtOffset(text, offset, message, code), pointer });

/** The first part of a path that no event has. */
function unknownPart(
  { path, offsets }: Reference,
  names: KnownFields,
): { message: string; offset: number } | undefined {
  let known: KnownFields | null = names;
  for (const [index, key] of path.entries()) {
    if (known === null) return index === 2 ? headerProblem(path, offsets) : undefined;
    if (!Object.hasOwn(known, key)) return { message: unknownName(path, index, known), offset: offsets[index] ?? 0 };
    known = known[key] ?? null;
  }
  return undefined;
}

function headerProblem([root, field, name = '']: readonly string[], offsets: readonly number[]) {
  if (root !== 'event' || field !== 'headers' || name === name.toLowerCase()) return undefined;
  return { message: `Names of headers are in lower case: write "${name.toLowerCase()}"`, offset: offsets[2] ?? 0 };
}

function unknownName(path: readonly string[], index: number, known: KnownFields): string {
  const key = path[index] ?? '';
  const names = Object.keys(known);
  if (index > 0) {
    const container = path.slice(0, index).join('.');
    const has = names.length === 0 ? 'it is a single value' : `it has ${names.join(', ')}`;
    return `${container} has no field "${key}"; ${has}.${suggestion(key, names)}`;
  }
  if (key === 'keystore')
    return 'Keys can be read in "action_params" only: a condition is shown to whoever asks why it holds';
  const isField = Object.hasOwn(ruleNames['event'] ?? {}, key);
  const meant = isField ? ` Did you mean event.${key}?` : suggestion(key, names);
  return `There is no "${key}" in a rule; there are ${names.join(', ')}.${meant} Put text in quotes`;
}
