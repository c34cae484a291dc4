import type { ActionDefinition } from '../../pack/action.ts';
import { packOf } from '../../pack/names.ts';
import type { JsonObject } from '../../json.ts';
import type { FlatSchema } from '../../schema/flat-schema.ts';
import type { WorkflowDefinition } from '../definition.ts';

/** What a simulation has to know of an action. */
export interface KnownAction {
  ref: string;
  /** Null where it takes whatever it is given. */
  parameters: FlatSchema | null;
  /** What its output looks like, where it says so: random results are drawn from it. */
  output: FlatSchema | null;
  /** Longest an attempt may run where the task says nothing; null: no limit. */
  timeout_seconds: number | null;
  on_worker_lost: 'fail' | 'restart';
  /** The graph, where the action is a workflow. */
  workflow: WorkflowDefinition | null;
}

/** What a workflow sees of the pack it belongs to. */
export interface PackSettings {
  /** The configuration in force. */
  config: JsonObject;
  /** Marks what of it is secret. */
  conf_schema: FlatSchema | null;
}

/** The action of a ref; undefined where there is none: a task that names it cannot start. */
export type KnownActions = (ref: string) => KnownAction | undefined;

interface PackActions {
  ref: string;
  actions: readonly ActionDefinition[];
  workflows: readonly WorkflowDefinition[];
}

/** The actions of a pack. Those of other packs are not known from its files: each is taken for an action that takes anything, so that
 *  a result can be given for it. */
export function knownActionsOf(pack: PackActions): KnownActions {
  const own = ownActionsOf(pack);
  return (ref) => own(ref) ?? (packOf(ref) === pack.ref ? undefined : unseen(ref));
}

/** The actions of a pack, and nothing about those of others. */
export function ownActionsOf({ actions, workflows }: PackActions): KnownActions {
  const graphs = new Map(workflows.map((workflow) => [workflow.ref, workflow]));
  const own = new Map(
    actions.map((action): [string, KnownAction] => [
      action.ref,
      { ...pick(action), workflow: graphs.get(action.ref) ?? null },
    ]),
  );
  return (ref) => own.get(ref);
}

const pick = (action: ActionDefinition): Omit<KnownAction, 'workflow'> => ({
  ref: action.ref,
  parameters: action.parameters,
  output: action.output,
  timeout_seconds: action.timeout_seconds,
  on_worker_lost: action.on_worker_lost,
});

const unseen = (ref: string): KnownAction => ({
  ref,
  parameters: null,
  output: null,
  timeout_seconds: null,
  on_worker_lost: 'fail',
  workflow: null,
});
