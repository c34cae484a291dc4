import {
  AttuneError,
  exposedBy,
  exposure,
  matchConditions,
  openSecrets,
  renderActionParams,
  ruleFlows,
  sealedIn,
  sealSecrets,
  secretPaths,
  type EventFacts,
  type JsonObject,
} from '@attune/core';
import {
  breakPoint,
  enforcements,
  events,
  executionRequests,
  revisions,
  rules,
  type Database,
  type EventRow,
  type MatchableRule,
  type NewExecution,
  type Tx,
} from '@attune/db';
import { inHalves } from './in-halves.ts';
import { executionRows, refusedRow, waitsForWorker, type ExecutionRequest } from './request.ts';
import { contextAt, keysOf, keysRead, surroundingsOf, type RuleSurroundings } from './rule-context.ts';
import { flowsOfSealed, refusalRecord, unexpected } from './refusal-record.ts';
import { inTransaction } from './transaction.ts';

/** Events taken in one transaction. */
const batchSize = 1_000;

/** Matches the oldest unmatched events against the enabled rules of their triggers and records each match as an enforcement, together
 *  with its execution where a worker will take that; others are enacted afterwards. An event is marked in the same transaction, so a
 *  crash loses and doubles nothing. A rule that errors on an event leaves a failed enforcement that says why; an event that cannot be
 *  matched at all is set aside with the reason.
 *  @returns how many events were taken; 0 when none waits. */
export function match(db: Database): Promise<number> {
  let first: string | undefined;
  const take = (limit: number): Promise<number> =>
    inTransaction(db, async (tx) => {
      first = undefined;
      const batch = await events.lockUnmatched(tx, limit);
      breakPoint('match.locked');
      first = batch[0]?.id;
      await matchEvents(tx, batch);
      return batch.length;
    });
  return inHalves(batchSize, take, async (error) => {
    if (first === undefined) throw error;
    await events.setAside(db, first, unexpected(error));
    return 1;
  });
}

async function matchEvents(tx: Tx, batch: readonly EventRow[]): Promise<void> {
  if (batch.length === 0) return;
  const triggerRefs = [...new Set(batch.map((event) => event.trigger_ref))];
  const candidates = await rules.enabledOfTriggers(tx, triggerRefs);
  const ofTrigger = new Map(triggerRefs.map((ref) => [ref, candidates.filter((rule) => rule.trigger_ref === ref)]));
  const met = await keepRuleSets(tx, ofTrigger);
  const decided = await new Decisions(tx).of(
    batch.flatMap((event) =>
      (ofTrigger.get(event.trigger_ref) ?? [])
        .filter((rule) => event.rule === null || event.rule === rule.id)
        .map((rule) => ({ event, rule })),
    ),
  );
  await enforce(tx, decided);
  breakPoint('match.enforced');
  await events.markMatched(
    tx,
    batch.map(({ id, trigger_ref }) => ({ id, rule_set: met.get(trigger_ref) ?? '' })),
  );
}

/** The rule set that the events of each trigger met, by content: which rules in which revisions. It explains afterwards why something
 *  did not happen. */
async function keepRuleSets(
  tx: Tx,
  ofTrigger: ReadonlyMap<string, readonly MatchableRule[]>,
): Promise<Map<string, string>> {
  const sets = [...ofTrigger].map(([ref, met]) => ({
    kind: 'rule_set' as const,
    ref,
    definition: { rules: met.map(({ ref: rule, revision }) => ({ ref: rule, revision })) },
  }));
  const hashes = await revisions.keepMany(tx, sets);
  return new Map(sets.map(({ ref }, index) => [ref, hashes[index] ?? '']));
}

interface Pair {
  event: EventRow;
  rule: MatchableRule;
}

/** A rule that answers an event: with the parameters of its action, or with what is wrong with it. */
type Decision = Pair & ({ config: JsonObject; error: null } | { config: null; error: JsonObject });

/** What rules make of events. Whatever does not depend on the event is read and worked out once for a batch. */
class Decisions {
  readonly #tx: Tx;
  readonly #surroundings = new Map<MatchableRule, RuleSurroundings>();
  readonly #sealedKeys = new Map<MatchableRule, JsonObject>();
  readonly #unreadable = new Map<MatchableRule, AttuneError>();
  readonly #keystores = new Map<MatchableRule, JsonObject>();
  readonly #exposed = new Map<MatchableRule, JsonObject | null>();

  constructor(tx: Tx) {
    this.#tx = tx;
  }

  async of(pairs: readonly Pair[]): Promise<Decision[]> {
    const matches = pairs.flatMap((pair) => this.#guarded(pair, () => this.#meets(pair)));
    await this.#readKeys(matches.filter(({ error }) => error === null).map(({ rule }) => rule));
    return matches.flatMap((match) => {
      const { event, rule, error } = match;
      if (error !== null) return [{ event, rule, config: null, error }];
      return this.#guarded(match, () => [this.#render(match)]);
    });
  }

  /** A rule that cannot be decided at all harms only itself: what it throws becomes the error of its enforcement. */
  #guarded<T extends Pair>(
    { event, rule }: Pair,
    decide: () => T[],
  ): (T | (Pair & { config: null; error: JsonObject }))[] {
    try {
      return decide();
    } catch (error) {
      const record = error instanceof AttuneError ? refusalRecord(error) : unexpected(error);
      return [{ event, rule, config: null, error: { stage: 'rule', ...record } }];
    }
  }

  #meets({ event, rule }: Pair): (Pair & { error: JsonObject | null })[] {
    const context = contextAt(this.#surroundingsOf(rule), event);
    const { matches, error } = matchConditions(rule.definition['conditions'] ?? [], factsOf(event), context);
    if (error !== null) return [{ event, rule, error: { stage: 'conditions', ...error } }];
    return matches ? [{ event, rule, error: null }] : [];
  }

  #render({ event, rule }: Pair): Decision {
    const params = rule.definition['action_params'] ?? {};
    const context = contextAt({ ...this.#surroundingsOf(rule), keystore: this.#keystoreOf(rule) }, event);
    const rendered = renderActionParams(params, factsOf(event), context);
    if ('error' in rendered) return { event, rule, config: null, error: { stage: 'action_params', ...rendered.error } };
    const error = this.#exposedBy(rule);
    return error === null
      ? { event, rule, config: rendered.value, error: null }
      : { event, rule, config: null, error: { stage: 'action_params', ...error } };
  }

  #surroundingsOf(rule: MatchableRule): RuleSurroundings {
    const known = this.#surroundings.get(rule) ?? surroundingsOf(this.#tx, rule);
    this.#surroundings.set(rule, known);
    return known;
  }

  /** The keys of rules that match something; those of others are nobody's business. */
  async #readKeys(matching: readonly MatchableRule[]): Promise<void> {
    for (const rule of new Set(matching)) {
      const names = keysRead(rule);
      if (names?.length === 0) continue;
      try {
        this.#sealedKeys.set(rule, await keysOf(this.#tx, rule, names));
      } catch (error) {
        if (!(error instanceof AttuneError)) throw error;
        this.#unreadable.set(rule, error);
      }
    }
  }

  /** Opened when they are needed first: where the key is the wrong one, only their rule suffers. */
  #keystoreOf(rule: MatchableRule): JsonObject {
    const unreadable = this.#unreadable.get(rule);
    if (unreadable !== undefined) throw unreadable;
    const known = this.#keystores.get(rule) ?? openSecrets(this.#sealedKeys.get(rule) ?? {}, this.#tx.vault);
    this.#keystores.set(rule, known);
    return known;
  }

  /** Why a rule may not hand on what its parameters read, where it may not. */
  #exposedBy(rule: MatchableRule): JsonObject | null {
    const known = this.#exposed.get(rule);
    if (known !== undefined) return known;
    const flows = ruleFlows(
      rule.definition['action_params'] ?? {},
      this.#surroundingsOf(rule).pack.secret_config ?? [],
    );
    const exposed = exposedBy(flows, rule.action_parameters);
    const error = exposed.length === 0 ? null : exposure(exposed, rule.action_ref);
    this.#exposed.set(rule, error);
    return error;
  }
}

/** Records what was decided: enforcements in one statement, and in another the executions that a worker will take. */
async function enforce(tx: Tx, decided: readonly Decision[]): Promise<void> {
  const ruleOf = oncePer((rule: MatchableRule): enforcements.MatchedRule => {
    const { id, ref, revision, definition } = rule;
    return { id, ref, revision, conditions: definition['conditions'] ?? [] };
  });
  const secretsOf = oncePer((rule: MatchableRule) => secretPaths(rule.action_parameters));
  const made = decided.map((decision) => {
    const { event, rule, config, error } = decision;
    const sealed = config && sealSecrets(config, secretsOf(rule), tx.vault);
    const enforcement = { rule: ruleOf(rule), event: event.id, config: sealed, error };
    return { enforcement, request: config && sealed && requestOf(decision, config, sealed) };
  });
  const rows = await executionRows(
    tx,
    made.flatMap(({ request }) => request ?? []),
  );
  const inTurn = rows.values();
  const settled = made.map(({ enforcement, request }) => {
    const row = request === null ? undefined : inTurn.next().value;
    return { ...enforcement, row, ...outcomeOf(row, enforcement.error) };
  });
  const ids = await enforcements.insertMany(tx, settled);
  const executions = settled.flatMap(({ row, status }, index): NewExecution[] => {
    const enforcement = ids[index];
    return row !== undefined && status === 'processed' && enforcement !== undefined ? [{ ...row, enforcement }] : [];
  });
  await executionRequests.insertRequests(tx, executions);
}

/** Works something out once for each rule. */
function oncePer<T>(compute: (rule: MatchableRule) => T): (rule: MatchableRule) => T {
  const known = new Map<MatchableRule, T>();
  return (rule) => {
    const value = known.get(rule) ?? compute(rule);
    known.set(rule, value);
    return value;
  };
}

/** What a match asks for; null where the rule's definition names no action, which enacting tells. */
function requestOf({ event, rule }: Pair, config: JsonObject, sealed: JsonObject): ExecutionRequest | null {
  const actionRef = rule.definition['action_ref'];
  if (typeof actionRef !== 'string') return null;
  return {
    action_ref: actionRef,
    parameters: config,
    // one that an event brought along is none of ours: preparing the parameters refuses it
    secrets: sealedIn(config).length > 0 ? [] : flowsOfSealed(sealed, rule.ref),
    executor: null,
    cause: event.id,
  };
}

/** What becomes of an enforcement whose execution would be this row. */
function outcomeOf(
  row: NewExecution | undefined,
  error: JsonObject | null,
): { status: 'created' | 'processed' | 'failed'; error: JsonObject | null } {
  if (error !== null) return { status: 'failed', error };
  const refusal = row && refusedRow(row);
  if (refusal !== undefined) return { status: 'failed', error: refusalRecord(refusal) };
  return { status: row !== undefined && waitsForWorker(row) ? 'processed' : 'created', error: null };
}

export const factsOf = (event: EventRow): EventFacts => ({
  id: event.id,
  trigger: event.trigger,
  trigger_ref: event.trigger_ref,
  payload: event.payload,
  headers: event.headers ?? {},
  created: event.created,
});
