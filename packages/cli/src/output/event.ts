import type { Event, RuleExplanation } from '@attune/client';
import { isJsonObject, stringifyJson, type Json, type Proof } from '@attune/core';
import { formatInstant } from './instant.ts';
import type { Paint } from './paint.ts';
import { decisiveClauses, formatClause } from './proof.ts';
import { formatRecord } from './record.ts';
import { safeLine } from './safe-text.ts';

/** Everything that people want to know of an event: where it came from, and what each rule made of it. The payload, which is often long,
 *  only where it is asked for. */
export function formatEvent(event: Event, paint: Paint, isPayloadShown: boolean): string {
  const facts = formatRecord(
    [
      ['id', event.id],
      ['trigger_ref', event.trigger_ref],
      ['source_ref', event.source_ref],
      ['cause', event.cause === null ? null : `execution ${event.cause}`],
      ['created', formatInstant(event.created)],
      ['matched_at', formatInstant(event.matched_at)],
      ['payload', isPayloadShown ? event.payload : `${sizeText(event.payload)}; --payload shows it`],
      ['headers', isPayloadShown ? event.headers : null],
    ],
    paint,
  );
  return `${facts}\n\n${formatExplanation(event, paint)}`;
}

const sizeText = (payload: Json): string => `${new TextEncoder().encode(stringifyJson(payload)).length} bytes of JSON`;

/** What each rule made of an event. */
export function formatExplanation({ trigger_ref, explanation }: Event, paint: Paint): string {
  if (explanation.error !== null)
    return `${paint.red('✗')} The rules could not be asked: ${messageOf(explanation.error)}`;
  if (explanation.rules.length === 0) return `No rule answers ${safeLine(trigger_ref)}.`;
  const head = explanation.matched_at === null ? ['Not matched yet. These rules would decide now:'] : [];
  return [...head, ...explanation.rules.flatMap((rule) => ruleLines(rule, paint))].join('\n');
}

function ruleLines(rule: RuleExplanation, paint: Paint): string[] {
  const ref = paint.bold(safeLine(rule.rule_ref));
  if (rule.error !== null) return [`${paint.red('!')} ${ref}  could not decide: ${messageOf(rule.error)}`];
  const mark = rule.matches ? paint.green('✓') : paint.red('✗');
  const proof = rule.proof as Proof | null;
  const clauses =
    proof === null ? ['has no conditions: every event matches'] : decisiveClauses(proof).map(formatClause);
  const [first = '', ...more] = clauses;
  const lines =
    more.length === 0 ? [`${mark} ${ref}  ${first}`] : [`${mark} ${ref}`, ...clauses.map((clause) => `    ${clause}`)];
  return rule.enforcement === null ? lines : [...lines, ...outcomeLines(rule.enforcement, paint)];
}

function outcomeLines(enforcement: NonNullable<RuleExplanation['enforcement']>, paint: Paint): string[] {
  const executions = enforcement.executions.map((id) => ` → execution ${id}`).join('');
  const reason = enforcement.error === null ? '' : `: ${messageOf(enforcement.error)}`;
  return [paint.dim(`    → enforcement ${enforcement.id} (${enforcement.status})${executions}${reason}`)];
}

/** What an error on record says, with the expression it is in and the place there. */
function messageOf(error: Json): string {
  if (!isJsonObject(error) || typeof error['message'] !== 'string') return safeLine(stringifyJson(error));
  const { message, expression, line = null, column = null } = error;
  if (typeof expression !== 'string') return safeLine(message);
  return safeLine(`${message} (at ${stringifyJson(line)}:${stringifyJson(column)} of ${expression})`);
}
