import type { FlatSchema } from '../schema/flat-schema.ts';
import type { WorkflowDefinition } from '../workflow/definition.ts';

/** What those who refer to an action or a trigger have to know of it. */
export interface Referred {
  parameters: FlatSchema | null;
  /** What the result of an action looks like, where it says so. */
  output?: FlatSchema | null;
  /** The fields of the result of a workflow: all it can have. */
  result?: readonly string[];
}

/** What a pack may refer to besides its own: the actions and triggers that are registered already. */
export interface Known {
  action: (ref: string) => Referred | undefined;
  trigger: (ref: string) => Referred | undefined;
  /** Every ref of a kind, for suggestions. */
  refs: (kind: 'action' | 'trigger') => Iterable<string>;
  /** Whether all of a pack is known, so that what it does not have does not exist. @default every pack is */
  has?: (pack: string) => boolean;
}

/** Nothing is registered yet. */
export const nothingKnown: Known = {
  action: () => undefined,
  trigger: () => undefined,
  refs: () => [],
};

/** What a pack defines, as far as it could be read. */
export interface Definitions {
  ref: string;
  actions: readonly ({ ref: string } & Referred)[];
  workflows: readonly WorkflowDefinition[];
  triggers: readonly ({ ref: string } & Referred)[];
  /** Refs of definitions that could not be read: they exist, and nothing is known of them. */
  unread: readonly string[];
}

/** Definitions, looked at before what `known` knows. */
export function knownWith(known: Known, own: Definitions): Known {
  const unread = own.unread.map((ref): [string, Referred] => [ref, { parameters: null }]);
  const results = new Map(own.workflows.map((workflow) => [workflow.ref, resultFields(workflow)]));
  const actions = new Map<string, Referred>([
    ...unread,
    ...own.actions.map((action): [string, Referred] => [action.ref, { ...action, ...results.get(action.ref) }]),
  ]);
  const triggers = new Map<string, Referred>([
    ...unread,
    ...own.triggers.map((trigger): [string, Referred] => [trigger.ref, trigger]),
  ]);
  // What the pack had before and has no more is gone, whatever is registered.
  const foreign = (ref: string): boolean => !ref.startsWith(`${own.ref}.`);
  return {
    action: (ref) => actions.get(ref) ?? (foreign(ref) ? known.action(ref) : undefined),
    trigger: (ref) => triggers.get(ref) ?? (foreign(ref) ? known.trigger(ref) : undefined),
    refs: (kind) => [...(kind === 'action' ? actions : triggers).keys(), ...[...known.refs(kind)].filter(foreign)],
    has: (pack) => pack === own.ref || isAtHand(known, pack),
  };
}

/** Whether all of a pack is known. */
export const isAtHand = ({ has = () => true }: Known, pack: string): boolean => has(pack);

/** What some packs define, and nothing else: of any other pack it is not known what it has. */
export const knownFrom = (packs: readonly Definitions[]): Known =>
  packs.reduce(knownWith, { ...nothingKnown, has: () => false });

const resultFields = ({ output_map }: WorkflowDefinition): { result: string[] } => ({
  result: [...new Set([...Object.keys(output_map ?? {}), 'succeeded', 'error'])],
});
