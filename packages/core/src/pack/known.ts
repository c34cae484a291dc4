import type { FlatSchema } from '../schema/flat-schema.ts';

/** What a pack may refer to besides its own: the actions and triggers that are registered already. */
export interface Known {
  action: (ref: string) => { parameters: FlatSchema | null } | undefined;
  trigger: (ref: string) => { parameters: FlatSchema | null } | undefined;
  /** Every ref of a kind, for suggestions. */
  refs: (kind: 'action' | 'trigger') => Iterable<string>;
}

/** Nothing is registered yet. */
export const nothingKnown: Known = { action: () => undefined, trigger: () => undefined, refs: () => [] };

/** Definitions, looked at before what `known` knows. */
export function knownWith(
  known: Known,
  own: {
    actions: readonly { ref: string; parameters: FlatSchema | null }[];
    triggers: readonly { ref: string; parameters: FlatSchema | null }[];
  },
  pack: string,
): Known {
  const actions = new Map(own.actions.map((action) => [action.ref, action]));
  const triggers = new Map(own.triggers.map((trigger) => [trigger.ref, trigger]));
  // What the pack had before and has no more is gone, whatever is registered.
  const foreign = (ref: string): boolean => !ref.startsWith(`${pack}.`);
  return {
    action: (ref) => actions.get(ref) ?? (foreign(ref) ? known.action(ref) : undefined),
    trigger: (ref) => triggers.get(ref) ?? (foreign(ref) ? known.trigger(ref) : undefined),
    refs: (kind) => [...(kind === 'action' ? actions : triggers).keys(), ...[...known.refs(kind)].filter(foreign)],
  };
}
