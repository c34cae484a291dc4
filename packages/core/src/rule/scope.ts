import { scopeOf, type Scope } from '../expression/scope.ts';
import type { JsonObject } from '../json.ts';
import { secretsRead } from '../workflow/secrets/read.ts';
import { withheld } from '../workflow/secrets/retell.ts';
import { inRule, ruleSecrets } from './secrets.ts';
import type { EventFacts, RuleContext } from './event-facts.ts';

/** What expressions in rules see: `event`, `config` (also `pack.config`), `system`, and in `action_params` also `keystore`. What does not
 *  exist is null. */
export function ruleScope(event: EventFacts, context: RuleContext): Scope {
  const { id, trigger, trigger_ref, payload, headers, created } = event;
  const { pack, system, keystore } = context;
  const scope = scopeOf(
    {
      event: { id, trigger, trigger_ref, payload, headers: inLowerCase(headers), created },
      config: pack.config,
      pack: { config: pack.config },
      ...(keystore === undefined ? {} : { keystore }),
      system: { timestamp: system.timestamp, rule: { id: system.rule.id, ref: system.rule.ref } },
    },
    'null',
  );
  const secrets = ruleSecrets(pack.secret_config ?? []);
  return { ...scope, retell: (error) => withheld(error, (expression) => secretsRead(expression, inRule, secrets)) };
}

function inLowerCase(headers: JsonObject): JsonObject {
  const names = Object.keys(headers);
  if (names.every((name) => name === name.toLowerCase())) return headers;
  return Object.fromEntries(names.map((name) => [name.toLowerCase(), headers[name] ?? null]));
}

/** The names in a rule's scope and the fields each has; null where any field may exist. */
export interface KnownFields {
  readonly [name: string]: KnownFields | null;
}

export const ruleNames: KnownFields = {
  event: { id: {}, trigger: {}, trigger_ref: {}, payload: null, headers: null, created: {} },
  config: null,
  pack: { config: null },
  system: { timestamp: {}, rule: { id: {}, ref: {} } },
};

/** What `action_params` see: those of a match are rendered once, so keys may stand in them. A condition is also evaluated to explain it. */
export const actionParamsNames: KnownFields = { ...ruleNames, keystore: null };
