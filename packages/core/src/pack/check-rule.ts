import type { Problem } from '../errors.ts';
import { validate } from '../schema/flat-schema.ts';
import { problemAt, type YamlDocument } from '../yaml/document.ts';
import { suggestion } from '../yaml/nearest.ts';
import { checkRuleExpressions } from './check-expressions.ts';
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
  if (target === undefined) {
    const message = `There is no ${kind} ${ref}.${suggestion(ref, known.refs(kind))}`;
    return [problemAt(document, `/${kind}_ref`, message, 'unknown_ref')];
  }
  return checkParameters(document, `/${kind}_params`, target.parameters, rule[`${kind}_params`]);
}

/** Problems of parameters that stand at `pointer` of a file; templates in them stand for what they will render to. */
export const checkParameters = (
  document: YamlDocument,
  pointer: string,
  schema: Parameters<typeof validate>[0],
  value: Parameters<typeof validate>[1],
): Problem[] =>
  validate(schema, value, { templates: true }).map((problem) =>
    problemAt(document, `${pointer}${problem.pointer ?? ''}`, problem.message, problem.code ?? 'wrong_parameter'),
  );
