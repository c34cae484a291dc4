import type { Problem } from '../errors.ts';
import { ruleFlows } from '../rule/secrets.ts';
import type { FlatSchema } from '../schema/flat-schema.ts';
import { secretPaths } from '../secret/paths.ts';
import { exposedBy, exposedParameter } from '../workflow/secrets/exposed.ts';
import { problemAt, type YamlDocument } from '../yaml/document.ts';
import { checkRuleExpressions } from './check-expressions.ts';
import { checkParameters } from './check-parameters.ts';
import { checkRef } from './check-ref.ts';
import type { Known } from './known.ts';
import type { RuleDefinition } from './rule.ts';
import { ruleSurprises } from './rule-surprises.ts';

/** Everything a sound rule may still get wrong: refs that lead nowhere, parameters that the trigger or the action refuses,
 *  expressions that cannot work, and secrets that would be seen.
 *  @param config schema of the pack's configuration. */
export function checkRule(
  document: YamlDocument,
  rule: RuleDefinition,
  known: Known,
  config: FlatSchema | null,
): Problem[] {
  const faults = checkRuleExpressions(document, rule);
  return [
    ...checkTarget(document, rule, known, 'trigger'),
    ...checkTarget(document, rule, known, 'action'),
    ...faults,
    ...(faults.length > 0 ? [] : exposedSecrets(document, rule, known, config)),
    ...ruleSurprises(document, rule),
  ];
}

/** Secrets that would go into parameters which are not marked so. */
function exposedSecrets(
  document: YamlDocument,
  { action_ref, action_params }: RuleDefinition,
  known: Known,
  config: FlatSchema | null,
): Problem[] {
  const action = known.action(action_ref);
  if (action === undefined) return [];
  return exposedBy(ruleFlows(action_params, secretPaths(config)), action.parameters).map((flow) =>
    problemAt(document, `/action_params${flow.pointer}`, exposedParameter(flow, action_ref), 'secret_exposed'),
  );
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
