import type { Problem } from '../errors.ts';
import type { YamlDocument } from '../yaml/document.ts';
import { checkRuleExpressions } from './check-expressions.ts';
import { checkParameters } from './check-parameters.ts';
import { checkRef } from './check-ref.ts';
import type { Known } from './known.ts';
import type { RuleDefinition } from './rule.ts';

/** Everything a sound rule may still get wrong: refs that lead nowhere, parameters that the trigger or the action refuses,
 *  and expressions that cannot work. */
export function checkRule(document: YamlDocument, rule: RuleDefinition, known: Known): Problem[] {
  return [
    ...checkTarget(document, rule, known, 'trigger'),
    ...checkTarget(document, rule, known, 'action'),
    ...checkRuleExpressions(document, rule),
  ];
}

function checkTarget(
  document: YamlDocument,
  rule: RuleDefinition,
  known: Known,
  kind: 'trigger' | 'action',
): Problem[] {
  const ref = rule[`${kind}_ref`];
  const target = known[kind](ref);
  if (target === undefined) return checkRef(document, `/${kind}_ref`, ref, kind, known);
  return checkParameters(document, `/${kind}_params`, target.parameters, rule[`${kind}_params`]);
}
