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
  type PackSettings,
  type WorkflowDefinition,
} from '@attune/core';

/** What a simulation has to know, as a server has it. */
export interface ServerPacks {
  actions: KnownActions;
  /** Of each pack that has a workflow; secrets of its configuration are masked. */
  settings: (pack_ref: string) => PackSettings;
}

/** Fetches a workflow with all that its tasks name, and what nested ones name.
 *  @param revisions of actions that are to be as they were then, by ref; all others are as they are registered now. */
export async function fetchActions(
  client: AttuneClient,
  ref: string,
  revisions: ReadonlyMap<string, string> = new Map(),
): Promise<ServerPacks> {
  const known = new Map<string, KnownAction | undefined>();
  const settings = new Map<string, PackSettings>();
  const wanted = new Set([ref]);
  for (const one of wanted) {
    const action = await fetchAction(client, one, revisions.get(one));
    known.set(one, action);
    if (action?.workflow == null) continue;
    for (const task of action.workflow.tasks) wanted.add(task.action);
    const pack = packOf(one);
    if (!settings.has(pack)) settings.set(pack, await fetchSettings(client, pack));
  }
  return { actions: (one) => known.get(one), settings: (pack) => settings.get(pack) ?? noSettings };
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

const noSettings: PackSettings = { config: {}, conf_schema: null };

async function fetchSettings(client: AttuneClient, ref: string): Promise<PackSettings> {
  const pack = (await orMissing(client.getPack({ path: { ref } })))?.data;
  if (pack === undefined) return noSettings;
  const { config, conf_schema } = pack;
  return {
    config: isJsonObject(config) ? config : {},
    conf_schema: isJsonObject(conf_schema) ? (conf_schema as FlatSchema) : null,
  };
}

async function orMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof AttuneError && error.code === 'not_found') return undefined;
    throw error;
  }
}
