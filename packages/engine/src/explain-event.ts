import { matchConditions, type Id, type Instant, type Json, type JsonObject } from '@attune/core';
import { enforcements, events, revisions, rules, type Database, type EventRow } from '@attune/db';
import { factsOf } from './match.ts';
import { contextAt, surroundingsOf } from './rule-context.ts';

/** Why one rule did or did not answer an event. */
export interface RuleExplanation {
  rule_ref: string;
  /** Revision of the rule that the event met. */
  revision: string;
  matches: boolean;
  /** The clauses of its conditions with their operands and results; null where the rule has no conditions. */
  proof: Json;
  error: JsonObject | null;
  /** What the match led to. */
  enforcement: { id: Id; status: string; error: JsonObject | null; executions: Id[] } | null;
}

export interface EventExplanation {
  /** Null: not matched yet; the rules shown are those it would meet now. */
  matched_at: Instant | null;
  /** Why the event could not be matched at all, where it could not. */
  error: Json;
  rules: RuleExplanation[];
}

/** Recomputes, from the recorded rule revisions, what each rule made of an event. The same call answers 'why did this happen' and
 *  'why did it not'. */
export async function explainEvent(db: Database, id: Id): Promise<EventExplanation | undefined> {
  const event = await events.find(db, id);
  if (event === undefined) return undefined;
  const met = await rulesMet(db, event);
  const outcomes = await enforcements.ofEvent(db, id);
  const packConfigs = await rules.packConfigs(
    db,
    met.map((rule) => rule.ref),
  );
  const explained = await Promise.all(
    met.map(async ({ ref, revision }): Promise<RuleExplanation | undefined> => {
      const kept = await revisions.find(db, revision);
      if (kept === undefined) return undefined;
      const now = packConfigs.find((one) => one.ref === ref);
      const pack = now?.pack ?? { conf_schema: {}, config_defaults: {}, config: {} };
      const rule = { id: now?.id ?? '', ref, pack, definition: kept.definition };
      const context = contextAt(surroundingsOf(db, rule), event);
      const { matches, proof, error } = matchConditions(kept.definition['conditions'] ?? [], factsOf(event), context);
      return {
        rule_ref: ref,
        revision,
        matches,
        proof: proof as unknown as Json,
        error: error as unknown as JsonObject | null,
        enforcement: outcomes.find((one) => one.rule_ref === ref) ?? null,
      };
    }),
  );
  return {
    matched_at: event.matched_at,
    error: event.match_error,
    rules: explained.filter((one) => one !== undefined),
  };
}

async function rulesMet(db: Database, event: EventRow): Promise<{ ref: string; revision: string }[]> {
  if (event.rule_set === null) return rules.enabledOfTriggers(db, [event.trigger_ref]);
  const ruleSet = await revisions.find(db, event.rule_set);
  return (ruleSet?.definition['rules'] ?? []) as { ref: string; revision: string }[];
}
