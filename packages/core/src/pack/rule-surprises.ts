import type { Problem } from '../errors.ts';
import { truthOf } from '../expression/constant.ts';
import type { Condition } from '../rule/condition.ts';
import { parseConditions } from '../rule/parse-conditions.ts';
import { actionParamsNames } from '../rule/scope.ts';
import { problemWithin } from '../workflow/check/place.ts';
import { lookalikes } from '../workflow/check/texts.ts';
import type { YamlDocument } from '../yaml/document.ts';
import type { RuleDefinition } from './rule.ts';

/** What is right in a rule, but perhaps not what was meant: conditions that always, or never, hold, and parameters that only look like
 *  templates. */
export const ruleSurprises = (document: YamlDocument, { conditions, action_params }: RuleDefinition): Problem[] => [
  ...constantConditions(document, parseConditions(conditions).condition),
  ...lookalikes(document, action_params, '/action_params', Object.keys(actionParamsNames)),
];

function constantConditions(document: YamlDocument, condition: Condition | undefined): Problem[] {
  if (condition === undefined || condition.kind === 'field') return [];
  if (condition.kind !== 'expression') return condition.conditions.flatMap((one) => constantConditions(document, one));
  const { expression, pointer } = condition;
  const truth = truthOf(expression.root);
  if (truth === undefined) return [];
  const message = truth
    ? 'This condition always holds: leave it out'
    : 'This condition never holds: the rule would never answer';
  return [problemWithin(document, `/conditions${pointer}`, expression.root, message, 'constant_condition')];
}
