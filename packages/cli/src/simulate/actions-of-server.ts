import type { AttuneClient } from '@attune/client';
import {
  AttuneError,
  isJsonObject,
  packOf,
  type FlatSchema,
  type Json,
  type JsonObject,
  type KnownAction,
  type KnownActions,
  type WorkflowDefinition,
} from '@attune/core';

/** What a simulation has to know, as a server has it. */
export interface ServerPacks {
  actions: KnownActions;
  /** Configuration of each pack that has a workflow; secrets are masked. */
  config: (pack_ref: string) => JsonObject;
}

/** Fetches a workflow with all that its tasks name, and what nested ones name.
 *  @param revisions of actions that are to be as they were then, by ref; all others are as they are registered now. */
export async function fetchActions(
  client: AttuneClient,
  ref: string,
  revisions: ReadonlyMap<string, string> = new Map(),
): Promise<ServerPacks> {
  const known = new Map<string, KnownAction | undefined>();
  const configs = new Map<string, JsonObject>();
  const wanted = new Set([ref]);
  for (const one of wanted) {
    const action = await fetchAction(client, one, revisions.get(one));
    known.set(one, action);
    if (action?.workflow == null) continue;
    for (const task of action.workflow.tasks) wanted.add(task.action);
    const pack = packOf(one);
    if (!configs.has(pack)) configs.set(pack, await fetchConfig(client, pack));
  }
  return { actions: (one) => known.get(one), config: (pack) => configs.get(pack) ?? {} };
}

async function fetchAction(
  client: AttuneClient,
  ref: string,
  revision: string | undefined,
): Promise<KnownAction | undefined> {
  const asked: Promise<{ data: { definition: Json } }> =
    revision === undefined
      ? client.getAction({ path: { ref } })
      : client.getActionRevision({ path: { ref, hash: revision } });
  const found = await orMissing(asked);
  return found === undefined ? undefined : knownFrom(ref, found.data.definition);
}

/** A definition as it was kept when the pack was registered. */
function knownFrom(ref: string, definition: Json): KnownAction {
  const kept: JsonObject = isJsonObject(definition) ? definition : {};
  const { parameters = null, output = null, timeout_seconds = null, on_worker_lost, workflow = null } = kept;
  return {
    ref,
    parameters: parameters as FlatSchema | null,
    output: output as FlatSchema | null,
    timeout_seconds: timeout_seconds as number | null,
    on_worker_lost: on_worker_lost === 'restart' ? 'restart' : 'fail',
    workflow: workflow as WorkflowDefinition | null,
  };
}

async function fetchConfig(client: AttuneClient, ref: string): Promise<JsonObject> {
  const config = (await orMissing(client.getPack({ path: { ref } })))?.data.config;
  return isJsonObject(config) ? config : {};
}

async function orMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof AttuneError && error.code === 'not_found') return undefined;
    throw error;
  }
}
