import {
  effectiveConfig,
  ExpressionError,
  openSecrets,
  packOf,
  secretConfig,
  settingsIn,
  stringifyJson,
  type ConfigSources,
  type Json,
  type JsonObject,
  type RuleContext,
  type SettingsRead,
} from '@attune/core';
import type { EventRow, Tx } from '@attune/db';
import { keystoreOf } from './keystore.ts';

export interface RuleInPack {
  id: string;
  ref: string;
  pack: ConfigSources;
  definition: JsonObject;
}

/** What a rule may read beside the event, whatever the event. */
export interface RuleSurroundings {
  pack: RuleContext['pack'];
  rule: RuleContext['system']['rule'];
  keystore?: JsonObject;
}

/** @throws AttuneError configuration where the pack's configuration was sealed under another key. */
export function surroundingsOf(tx: Pick<Tx, 'vault'>, rule: RuleInPack): RuleSurroundings {
  const config = effectiveConfig(rule.pack);
  // opened only for who reads it: where the key is the wrong one, other rules still work
  const isRead = stringifyJson([
    rule.definition['conditions'] ?? null,
    rule.definition['action_params'] ?? null,
  ]).includes('config');
  return {
    pack: { config: isRead ? openSecrets(config, tx.vault) : {}, secret_config: secretConfig(rule.pack) },
    rule: { id: rule.id, ref: rule.ref },
  };
}

/** What a rule may read beside one event. The timestamp is the event's own: the same event gives the same decision again. */
export const contextAt = ({ rule, ...read }: RuleSurroundings, event: EventRow): RuleContext => ({
  ...read,
  system: { timestamp: event.created, rule },
});

/** Names of the keys that the rule's `action_params` read; null: any. */
export const keysRead = (rule: RuleInPack): readonly string[] | null =>
  settingsOf(rule.definition['action_params'] ?? {}).keys;

/** Those keys of its pack, then the system's, each still sealed. */
export const keysOf = (tx: Tx, rule: RuleInPack, names: readonly string[] | null): Promise<JsonObject> =>
  keystoreOf(tx, { action: null, pack: packOf(rule.ref), names });

/** Templates that cannot be parsed read nothing: rendering them tells why. */
function settingsOf(actionParams: Json): SettingsRead {
  try {
    return settingsIn([actionParams]);
  } catch (error) {
    if (error instanceof ExpressionError) return { config: false, keys: [] };
    throw error;
  }
}
