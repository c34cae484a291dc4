import { scopeOf, type Scope } from '../expression/scope.ts';
import type { JsonObject } from '../json.ts';
import type { EventFacts, RuleContext } from './event-facts.ts';

/** What expressions in rules see: `event`, `pack.config` and `system`. What does not exist is null. */
export function ruleScope(event: EventFacts, context: RuleContext): Scope {
  const { id, trigger, trigger_ref, payload, headers, created } = event;
  const { pack, system } = context;
  return scopeOf(
    {
      event: { id, trigger, trigger_ref, payload, headers: inLowerCase(headers), created },
      pack: { config: pack.config },
      system: { timestamp: system.timestamp, rule: { id: system.rule.id, ref: system.rule.ref } },
    },
    'null',
  );
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
  pack: { config: null },
  system: { timestamp: {}, rule: { id: {}, ref: {} } },
};
