import {
  actionGone,
  AttuneError,
  contentHash,
  exposedBy,
  exposure,
  maskSecrets,
  prepareParameters,
  sealSecrets,
  secretPaths,
  type FlatSchema,
  type Flow,
  type Id,
  type JsonObject,
  type Prepared,
  type Problem,
  type Vault,
  type WorkflowTaskMetadata,
} from '@attune/core';
import { actions, executionQueue, type ActionRow, type EngineExecution, type NewExecution, type Tx } from '@attune/db';
import { keep, recall } from './kept.ts';

/** What an execution is made from. */
export interface Wanted {
  action_ref: string;
  parameters: JsonObject;
  /** Where secrets stand in the parameters, and where they come from. They may only go where the action's schema marks them. */
  secrets: readonly Flow[];
  /** The parameters are its workflow's own: those that the action does not know are left out instead of refused. */
  inherits: boolean;
  parent: Id | null;
  enforcement: Id | null;
  executor: Id | null;
  cause: Id | null;
  workflow_task: WorkflowTaskMetadata | null;
  delay_seconds: number;
  timeout_seconds: number | null;
  /** Why it cannot start, where that is known already; it is then created `failed`, without `started_at`. */
  error: JsonObject | null;
}

/** Creates executions in one statement, in the order given, each in the furthest state that is already true: `running` for a
 *  workflow and a question to a person (the caller begins them), `requested` for one that is delayed, `scheduled` for an action,
 *  `failed` for what cannot start. */
export const create = async (
  tx: Tx,
  wanted: readonly Wanted[],
  options: CreateOptions = {},
): Promise<EngineExecution[]> => executionQueue.insertMany(tx, await rowsFor(tx, wanted, options));

export interface CreateOptions {
  /** The actions to use, in the order of what is wanted; where there is none, the one that is registered. */
  actions?: readonly (ActionRow | undefined)[];
  /** The pack revision of the run they belong to: actions of that pack are those of the revision, also while it is updated. */
  packRevision?: string | null;
  /** Version of what is registered, where it is known: what was read under it is not read again. */
  registry?: Id;
  /** Has the last word on the rows. */
  settle?: (rows: readonly NewExecution[]) => Promise<readonly NewExecution[]>;
}

/** The rows that `create` inserts. */
export async function rowsFor(
  tx: Tx,
  wanted: readonly Wanted[],
  { actions: then = [], packRevision = null, registry, settle }: CreateOptions = {},
): Promise<readonly NewExecution[]> {
  if (wanted.length === 0) return [];
  const isTold = wanted.every((_, index) => then[index] !== undefined);
  const known = isTold ? new Map<string, ActionRow>() : await actionsOf(tx, wanted, packRevision, registry);
  const rows = wanted.map((one, index) => rowOf(one, then[index] ?? known.get(one.action_ref), tx.vault));
  return settle === undefined ? rows : settle(rows);
}

/** The action of each, by ref; refs that are not known are missing. */
export async function actionsOf(
  tx: Tx,
  wanted: readonly { action_ref: string }[],
  packRevision: string | null = null,
  registry?: Id,
): Promise<Map<string, ActionRow>> {
  const refs = [...new Set(wanted.map((one) => one.action_ref))];
  const keyOf = (ref: string): string => `action ${registry ?? ''} ${packRevision ?? ''} ${ref}`;
  const kept = refs.flatMap((ref) => {
    const action = registry === undefined ? undefined : recall(tx, keyOf(ref));
    return action === undefined ? [] : [action as unknown as ActionRow];
  });
  const missing = refs.filter((ref) => !kept.some((action) => action.ref === ref));
  const read = missing.length === 0 ? [] : await actions.findByRefs(tx, missing, packRevision);
  if (registry !== undefined) for (const action of read) keep(tx, keyOf(action.ref), action as unknown as JsonObject);
  return new Map([...kept, ...read].map((action) => [action.ref, action]));
}

function rowOf(wanted: Wanted, action: ActionRow | undefined, vault: Vault): NewExecution {
  const schema = schemaOf(action);
  const prepared =
    wanted.error === null && action !== undefined ? prepare(action, wanted.parameters, wanted.inherits) : undefined;
  const exposed = exposedBy(wanted.secrets, schema, wanted.inherits);
  const refused = exposed.length > 0 ? exposure(exposed, wanted.action_ref) : prepared?.error;
  const error = wanted.error ?? (action === undefined ? actionGone(wanted.action_ref) : refused);
  // what was refused may stand where the schema marks nothing, and is as secret as where it came from
  const secret =
    error === undefined ? secretPaths(schema) : [...secretPaths(schema), ...wanted.secrets.map(({ path }) => path)];
  const config = sealSecrets(prepared?.config ?? wanted.parameters, secret, vault);
  const runtime = action?.runtime_ref ?? null;
  // one literal, not several spread into one: that would be most of what a row costs
  return {
    action: action?.id ?? null,
    action_ref: wanted.action_ref,
    config,
    parent: wanted.parent,
    enforcement: wanted.enforcement,
    executor: wanted.executor,
    status: error === undefined ? firstStatus(runtime, wanted.delay_seconds) : 'failed',
    result: error === undefined ? null : { succeeded: false, error },
    result_hash: null,
    workflow_task: wanted.workflow_task,
    workflow_def: action?.workflow_def ?? null,
    runtime,
    revision: action?.revision ?? null,
    pack_revision: action?.pack_revision ?? null,
    // over what is no secret: a hash would let anyone who reads the row try out guesses
    input_hash: contentHash(maskSecrets(config)),
    timeout_seconds: wanted.timeout_seconds ?? timeoutOf(action),
    original_execution: null,
    retry_count: 0,
    delay_seconds: wanted.delay_seconds,
    cause: wanted.cause,
    rerun_of: null,
    rerun: null,
  };
}

/** What needs no worker (a workflow, a question to a person) begins at once, or waits for its admission until it is due. */
export function firstStatus(runtime: string | null, delaySeconds: number): 'scheduled' | 'running' | 'requested' {
  if (runtime !== null) return 'scheduled';
  return delaySeconds > 0 ? 'requested' : 'running';
}

const schemaOf = (action: ActionRow | undefined): FlatSchema | null | undefined =>
  action?.definition['parameters'] as FlatSchema | null | undefined;

const timeoutOf = (action: ActionRow | undefined): number | null => {
  const seconds = action?.definition['timeout_seconds'];
  return typeof seconds === 'number' ? seconds : null;
};

/** The parameters an action runs with: defaults filled, then checked against its schema; an action without one takes anything. */
export const prepare = (action: ActionRow, parameters: JsonObject, inherits = false): Prepared =>
  prepareParameters({ ref: action.ref, parameters: schemaOf(action) }, parameters, inherits);

/** The same refusals for whoever can still be told: the API throws instead of creating a failed execution. */
export function assertStartable(action: ActionRow | undefined, ref: string, parameters: JsonObject): void {
  if (action === undefined) {
    throw new AttuneError('unknown_ref', `There is no action '${ref}'`, {
      details: [
        {
          message: "expected the ref of a registered action, as listed by 'attune action list'",
          pointer: '/action_ref',
        },
      ],
    });
  }
  const { error } = prepare(action, parameters);
  if (error === undefined) return;
  const details = (error['details'] as unknown as Problem[]).map((problem) => ({
    ...problem,
    pointer: `/parameters${problem.pointer ?? ''}`,
  }));
  throw new AttuneError('invalid_input', error['message'] as string, { details });
}
