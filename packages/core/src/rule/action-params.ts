import { ExpressionError } from '../expression/error.ts';
import { renderTemplate } from '../expression/render.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { describe } from '../yaml/shape.ts';
import type { EventFacts, RuleContext } from './event-facts.ts';
import { ruleError, type RuleError } from './match.ts';
import { ruleScope } from './scope.ts';

/** The parameters a rule gives to its action for an event, rendered; or why they cannot be. */
export function renderActionParams(
  params: Json,
  event: EventFacts,
  context: RuleContext,
): { value: JsonObject } | { error: RuleError } {
  try {
    const value = renderTemplate(params ?? {}, ruleScope(event, context));
    if (isJsonObject(value)) return { value };
    const message = `The parameters of an action must be a map, not ${describe(value)}`;
    return { error: { kind: 'malformed', message, pointer: '' } };
  } catch (error) {
    if (error instanceof ExpressionError) return { error: ruleError(error) };
    throw error;
  }
}
