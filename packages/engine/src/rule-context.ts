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

/** What a rule may read beside the event. The timestamp is the event's own: the same event gives the same decision again. */
export function contextOf(tx: Pick<Tx, 'vault'>, rule: RuleInPack, event: EventRow): RuleContext {
  const config = effectiveConfig(rule.pack);
  // opened only for who reads it: where the key is the wrong one, other rules still work
  const isRead = stringifyJson([
    rule.definition['conditions'] ?? null,
    rule.definition['action_params'] ?? null,
  ]).includes('config');
  return {
    pack: { config: isRead ? openSecrets(config, tx.vault) : {}, secret_config: secretConfig(rule.pack) },
    system: { timestamp: event.created, rule: { id: rule.id, ref: rule.ref } },
  };
}

/** The same with the keys that the rule's `action_params` read: those of its pack, then the system's. */
export async function withKeys(tx: Tx, rule: RuleInPack, context: RuleContext): Promise<RuleContext> {
  const { keys } = settingsOf(rule.definition['action_params'] ?? {});
  if (keys?.length === 0) return { ...context, keystore: {} };
  const keystore = await keystoreOf(tx, { action: null, pack: packOf(rule.ref), names: keys });
  return { ...context, keystore: openSecrets(keystore, tx.vault) };
}

/** Templates that cannot be parsed read nothing: rendering them tells why. */
function settingsOf(actionParams: Json): SettingsRead {
  try {
    return settingsIn([actionParams]);
  } catch (error) {
    if (error instanceof ExpressionError) return { config: false, keys: [] };
    throw error;
  }
}
