import type { Problem } from '../errors.ts';
import { ExpressionError } from '../expression/error.ts';
import { parseCondition, type Expression } from '../expression/expression.ts';
import { faultsOf } from '../expression/fault.ts';
import { expressionsIn, templatesIn } from '../expression/template.ts';
import { isJsonObject } from '../json.ts';
import type { YamlDocument } from '../yaml/document.ts';
import type { RuleDefinition } from './rule.ts';

/** What the expressions of a rule may name. */
const conditionNames = ['event'];
const parameterNames = ['event', 'pack', 'system'];

/** Everything wrong with the expressions of a rule that shows before an event comes, each with its place inside its text. */
export function checkRuleExpressions(document: YamlDocument, { conditions, action_params }: RuleDefinition): Problem[] {
  const expression = isJsonObject(conditions) ? conditions['expression'] : undefined;
  return [
    ...(typeof expression === 'string'
      ? check(document, '/conditions/expression', conditionNames, () => [parseCondition(expression)])
      : []),
    ...[...templatesIn(action_params)].flatMap(({ text, pointer }) =>
      check(document, `/action_params${pointer}`, parameterNames, () => expressionsIn(text)),
    ),
  ];
}

function check(document: YamlDocument, pointer: string, names: string[], parse: () => Expression[]): Problem[] {
  const place = (offset: number, message: string): Problem => ({
    message,
    file: document.file,
    ...document.within(pointer, offset),
    pointer,
  });
  try {
    return parse()
      .flatMap((expression) => faultsOf(expression, { names }))
      .map(({ offset, message }) => place(offset, message));
  } catch (error) {
    if (error instanceof ExpressionError) return [place(error.position.offset, error.message)];
    throw error;
  }
}
