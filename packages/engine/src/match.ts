import {
  exposedBy,
  exposure,
  matchConditions,
  renderActionParams,
  ruleFlows,
  sealSecrets,
  secretPaths,
  type EventFacts,
  type JsonObject,
} from '@attune/core';
import {
  enforcements,
  events,
  revisions,
  rules,
  type Database,
  type EventRow,
  type MatchableRule,
  type Tx,
} from '@attune/db';
import { contextOf, withKeys } from './rule-context.ts';
import { inTransaction } from './transaction.ts';

/** Events taken in one transaction. */
const batchSize = 100;

/** Matches the oldest unmatched events against the enabled rules of their triggers and records each match as an enforcement.
 *  An event is marked in the same transaction, so a crash loses and doubles nothing. A rule that errors on an event leaves a
 *  failed enforcement that says why; an event that cannot be matched at all is set aside with the reason.
 *  @returns how many events were taken; 0 when none waits. */
export async function match(db: Database): Promise<number> {
  try {
    return await inTransaction(db, (tx) => matchBatch(tx, batchSize));
  } catch (error) {
    // one event of the batch is poison: take them one by one, so that it harms only itself
    return await matchOneByOne(db, error);
  }
}

async function matchOneByOne(db: Database, cause: unknown): Promise<number> {
  let poison: string | undefined;
  try {
    return await inTransaction(db, async (tx) => {
      const [event] = await events.lockUnmatched(tx, 1);
      poison = event?.id;
      return event === undefined ? 0 : matchEvents(tx, [event]);
    });
  } catch (error) {
    if (poison === undefined) throw cause;
    await events.setAside(db, poison, {
      kind: 'internal',
      message: error instanceof Error ? error.message : String(error),
    });
    return 1;
  }
}

const matchBatch = async (tx: Tx, limit: number): Promise<number> =>
  matchEvents(tx, await events.lockUnmatched(tx, limit));

async function matchEvents(tx: Tx, batch: readonly EventRow[]): Promise<number> {
  if (batch.length === 0) return 0;
  const triggerRefs = [...new Set(batch.map((event) => event.trigger_ref))];
  const candidates = await rules.enabledOfTriggers(tx, triggerRefs);
  for (const triggerRef of triggerRefs) {
    const ofTrigger = candidates.filter((rule) => rule.trigger_ref === triggerRef);
    const ruleSet = await keepRuleSet(tx, triggerRef, ofTrigger);
    const met = batch.filter((event) => event.trigger_ref === triggerRef);
    for (const event of met) await matchEvent(tx, event, ofTrigger);
    await events.markMatched(
      tx,
      met.map((event) => event.id),
      ruleSet,
    );
  }
  return batch.length;
}

/** The rule set an event met, by content: which rules in which revisions. It explains afterwards why something did not happen. */
const keepRuleSet = (tx: Tx, triggerRef: string, candidates: readonly MatchableRule[]): Promise<string> =>
  revisions.keep(tx, 'rule_set', triggerRef, {
    rules: candidates.map(({ ref, revision }) => ({ ref, revision })),
  });

async function matchEvent(tx: Tx, event: EventRow, candidates: readonly MatchableRule[]): Promise<void> {
  for (const rule of candidates) {
    if (event.rule !== null && event.rule !== rule.id) continue;
    const decision = await decide(tx, event, rule);
    if (decision === 'no match') continue;
    await enforcements.insert(tx, {
      rule: rule.id,
      rule_ref: rule.ref,
      trigger_ref: event.trigger_ref,
      event: event.id,
      revision: rule.revision,
      payload: event.payload,
      conditions: rule.definition['conditions'] ?? [],
      ...decision,
      config: decision.config && sealSecrets(decision.config, secretPaths(rule.action_parameters), tx.vault),
    });
  }
}

/** What one rule makes of one event. */
async function decide(
  tx: Tx,
  event: EventRow,
  rule: MatchableRule,
): Promise<'no match' | { config: JsonObject | null; error: JsonObject | null }> {
  const facts = factsOf(event);
  const context = contextOf(tx, rule, event);
  const { matches, error } = matchConditions(rule.definition['conditions'] ?? [], facts, context);
  if (error !== null) return { config: null, error: { stage: 'conditions', ...error } };
  if (!matches) return 'no match';
  const params = rule.definition['action_params'] ?? {};
  const rendered = renderActionParams(params, facts, await withKeys(tx, rule, context));
  if ('error' in rendered) return { config: null, error: { stage: 'action_params', ...rendered.error } };
  const exposed = exposedBy(ruleFlows(params, context.pack.secret_config ?? []), rule.action_parameters);
  if (exposed.length === 0) return { config: rendered.value, error: null };
  return { config: null, error: { stage: 'action_params', ...exposure(exposed, rule.action_ref) } };
}

export const factsOf = (event: EventRow): EventFacts => ({
  id: event.id,
  trigger: event.trigger,
  trigger_ref: event.trigger_ref,
  payload: event.payload,
  headers: event.headers ?? {},
  created: event.created,
});
