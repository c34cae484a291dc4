import type { Json, JsonObject } from '../json.ts';
import type { Path } from '../secret/paths.ts';

/** An event as rules see it. */
export interface EventFacts {
  id: string;
  /** Id of the trigger; null where it is gone. */
  trigger: string | null;
  trigger_ref: string;
  /** Null for an event without one: conditions are evaluated all the same. */
  payload: Json;
  /** Of the request that delivered the event; names in lower case. */
  headers: JsonObject;
  /** When it was recorded, RFC 3339 in UTC. */
  created: string;
}

/** What a rule sees beside the event. */
export interface RuleContext {
  /** The rule's own pack, with its configuration opened. */
  pack: {
    config: JsonObject;
    /** What of the configuration is secret. @default nothing */
    secret_config?: readonly Path[];
  };
  /** The keys that its `action_params` may read. @default none */
  keystore?: JsonObject;
  system: {
    /** The time the decision counts as made, RFC 3339 in UTC: the same event gives the same decision whenever it is asked. */
    timestamp: string;
    rule: { id: Json; ref: string };
  };
}
