import { randomBytes } from 'node:crypto';
import {
  asFlatSchema,
  askEntryPoint,
  builtinPrefix,
  builtinRuntime,
  AttuneError,
  loadPack,
  sealedIn,
  sha256Hex,
  type ActionDefinition,
  type FlatSchema,
  type Id,
  type JsonObject,
  type Known,
  type PackDefinition,
  type PackFiles,
  type Problem,
  type RuleDefinition,
  type TriggerDefinition,
  type WorkflowDefinition,
} from '@attune/core';
import {
  breakPoint,
  actions,
  packs,
  revisions,
  rules,
  triggers,
  workflowDefinitions,
  type Database,
  type Tx,
} from '@attune/db';
import { keptConfig } from './configure-pack.ts';
import { inTransaction } from './transaction.ts';

export interface PackToRegister {
  files: PackFiles;
  /** Folder it was read from, for people; null for an upload. */
  source_path: string | null;
  /** Replace a registered pack of the same version whose content differs, and forget configured values that the pack does not accept
   *  any more. @default false */
  force?: boolean;
}

/** Seals a secret for the database. */
export interface Sealer {
  seal(plain: string): string;
}

export interface RegisteredPack {
  id: Id;
  ref: string;
  version: string;
  /** Digest of its files. */
  revision: string;
  /** False: exactly this content was registered already, and nothing was done. */
  changed: boolean;
  /** What is right in it, but perhaps not what was meant. */
  warnings: Problem[];
  /** Configured values that the new schema does not accept and `force` made it forget. */
  forgotten_config: string[];
}

/** Registers a pack: checks all of it, keeps its files and definitions as revisions and makes them the current ones. All or
 *  nothing. What left the pack is retired; what runs keeps its revision.
 *  @throws AttuneError invalid_pack with every problem at once; conflict where `force` is not set and the same version is registered
 *  with other content, or the pack does not accept any more how it is configured. */
export async function registerPack(db: Database, pack: PackToRegister, sealer: Sealer): Promise<RegisteredPack> {
  const { pack: definition, problems, warnings } = loadPack(pack.files, await known(db));
  if (definition === undefined) {
    throw new AttuneError('invalid_pack', `The pack cannot be registered: ${countOf(problems.length)}`, {
      details: problems,
    });
  }
  const registered = await inTransaction(db, (tx) => register(tx, pack, definition, sealer));
  return { ...registered, warnings };
}

const countOf = (problems: number): string => (problems === 1 ? '1 problem' : `${problems} problems`);

/** What a pack may refer to besides its own. */
async function known(db: Database): Promise<Known> {
  const [knownActions, knownTriggers] = await Promise.all([actions.schemas(db), triggers.schemas(db)]);
  const flat = (schema: JsonObject | null): FlatSchema | null => (schema === null ? null : asFlatSchema(schema));
  const action = new Map(
    knownActions.map((one) => [one.ref, { parameters: flat(one.parameters), output: flat(one.output) }]),
  );
  const trigger = new Map(knownTriggers.map((one) => [one.ref, { parameters: flat(one.parameters) }]));
  return {
    action: (ref) => action.get(ref),
    trigger: (ref) => trigger.get(ref),
    refs: (kind) => (kind === 'action' ? action : trigger).keys(),
  };
}

async function register(
  tx: Tx,
  { files, source_path, force = false }: PackToRegister,
  definition: PackDefinition,
  sealer: Sealer,
): Promise<Omit<RegisteredPack, 'warnings'>> {
  const { manifest } = definition;
  refuseForgeries(definition);
  await packs.lockRef(tx, manifest.ref);
  const before = await packs.findByRef(tx, manifest.ref);
  const revision = await revisions.keep(tx, 'pack', manifest.ref, {
    version: manifest.version,
    files: definition.files.map(({ path, mode, sha256 }) => [path, mode, sha256]),
  });
  const registered = { ref: manifest.ref, version: manifest.version, revision };
  if (before?.revision === revision) return { ...registered, id: before.id, changed: false, forgotten_config: [] };
  if (before?.revision && before.version === manifest.version && !force) {
    throw new AttuneError(
      'conflict',
      `Pack '${manifest.ref}' is registered in version ${manifest.version} with other content; raise its version, or use --force`,
    );
  }
  const schema = manifest.conf_schema;
  const kept = before && keptConfig(tx, before, { schema, version: manifest.version, force });
  const { id } = await packs.upsert(tx, { ...manifestColumns(definition), revision, source_path });
  if (kept !== undefined) await packs.setConfig(tx, id, kept.config);
  await packs.keepFiles(
    tx,
    revision,
    definition.files.map((file) => ({ ...file, content: files.get(file.path)?.content ?? new Uint8Array() })),
  );
  breakPoint('register.files_kept');
  const pack = { id, ref: manifest.ref };
  for (const trigger of definition.triggers) await registerTrigger(tx, pack, trigger, sealer);
  for (const action of definition.actions) {
    const workflow = definition.workflows.find((one) => one.ref === action.ref);
    await registerAction(tx, { ...pack, revision }, action, workflow);
  }
  for (const rule of definition.rules) await registerRule(tx, pack, rule);
  await retireOthers(tx, id, definition);
  breakPoint('register.all_kept');
  return { ...registered, id, changed: true, forgotten_config: kept?.forgotten ?? [] };
}

/** What only the server writes, and would take for its own: no definition may hold it. */
function refuseForgeries({ actions, workflows, triggers, rules }: PackDefinition): void {
  const details = [...actions, ...workflows, ...triggers, ...rules].flatMap((one) =>
    sealedIn(one as unknown as JsonObject).map((pointer) => ({
      message: `${one.ref}: the key "$attune_sealed" is reserved for secrets that the server keeps`,
      pointer,
    })),
  );
  if (details.length > 0) throw new AttuneError('invalid_pack', 'The pack cannot be registered', { details });
}

const manifestColumns = ({ manifest }: PackDefinition) => ({
  ref: manifest.ref,
  label: manifest.label,
  description: manifest.description,
  version: manifest.version,
  conf_schema: manifest.conf_schema as JsonObject,
  config_defaults: manifest.config,
  meta: manifest.meta,
  tags: manifest.tags,
  runtime_deps: manifest.runtime_deps,
  is_standard: manifest.system,
});

async function registerTrigger(
  tx: Tx,
  pack: { id: Id; ref: string },
  trigger: TriggerDefinition,
  sealer: Sealer,
): Promise<void> {
  const row = await triggers.upsert(tx, {
    ref: trigger.ref,
    pack: pack.id,
    pack_ref: pack.ref,
    label: trigger.label,
    description: trigger.description,
    enabled: trigger.enabled,
    param_schema: trigger.parameters,
    out_schema: trigger.output,
    webhook_config: trigger.webhook as JsonObject | null,
    revision: await revisions.keep(tx, 'trigger', trigger.ref, { ...trigger } as unknown as JsonObject),
  });
  if (trigger.webhook !== null && row.webhook_key_encrypted === null) await makeWebhookSecrets(tx, row.id, sealer);
}

/** Gives a trigger's webhook a new key and a new secret; both are kept only sealed, the key findable by its hash. */
export async function makeWebhookSecrets(tx: Tx, trigger: Id, sealer: Sealer): Promise<void> {
  const key = `wh_${randomBytes(16).toString('hex')}`;
  await triggers.setWebhookSecrets(tx, trigger, {
    key_hash: sha256Hex(Buffer.from(key)),
    key_encrypted: sealer.seal(key),
    secret_encrypted: sealer.seal(randomBytes(32).toString('base64url')),
  });
}

async function registerAction(
  tx: Tx,
  pack: { id: Id; ref: string; revision: string },
  action: ActionDefinition,
  workflow: WorkflowDefinition | undefined,
): Promise<void> {
  const base = {
    ref: action.ref,
    pack: pack.id,
    pack_ref: pack.ref,
    label: action.label,
    param_schema: action.parameters as JsonObject | null,
    out_schema: action.output as JsonObject | null,
  };
  const definition = { ...action, ...(workflow === undefined ? {} : { workflow }) } as unknown as JsonObject;
  const revision = await revisions.keep(tx, workflow === undefined ? 'action' : 'workflow', action.ref, definition);
  const workflowDefinition =
    workflow &&
    (await workflowDefinitions.upsert(tx, {
      ...base,
      description: action.description,
      version: workflow.version,
      definition: workflow as unknown as JsonObject,
      tags: action.tags,
      revision,
    }));
  const runtime_ref = runtimeOf(action);
  await actions.upsert(tx, {
    ...base,
    description: action.description ?? '',
    entrypoint: action.entry_point ?? '',
    runtime_ref,
    workflow_def: workflowDefinition?.id ?? null,
    definition,
    revision,
  });
  await actions.keepInPack(tx, { pack_revision: pack.revision, ref: action.ref, revision, runtime_ref });
}

/** What a worker must have to run it: built-ins are in every worker, and a question to a person needs none. */
function runtimeOf({ entry_point, runner_type }: ActionDefinition): string | null {
  if (entry_point === askEntryPoint) return null;
  return entry_point?.startsWith(builtinPrefix) === true ? builtinRuntime : runner_type;
}

async function registerRule(tx: Tx, pack: { id: Id; ref: string }, rule: RuleDefinition): Promise<void> {
  const [action, trigger, before] = [
    await actions.idOf(tx, rule.action_ref),
    await triggers.findByRef(tx, rule.trigger_ref),
    await rules.registered(tx, rule.ref),
  ];
  await rules.upsert(
    tx,
    {
      ref: rule.ref,
      pack: pack.id,
      pack_ref: pack.ref,
      label: rule.label,
      description: rule.description ?? '',
      action: action ?? null,
      action_ref: rule.action_ref,
      trigger: trigger?.id ?? null,
      trigger_ref: rule.trigger_ref,
      conditions: rule.conditions as JsonObject,
      action_params: rule.action_params,
      trigger_params: rule.trigger_params,
      enabled: rule.enabled,
      revision: await revisions.keep(tx, 'rule', rule.ref, { ...rule }),
    },
    before,
  );
}

async function retireOthers(tx: Tx, pack: Id, definition: PackDefinition): Promise<void> {
  const refs = (list: readonly { ref: string }[]) => list.map((one) => one.ref);
  await rules.retireOthers(tx, pack, refs(definition.rules));
  await actions.retireOthers(tx, pack, refs(definition.actions));
  await triggers.retireOthers(tx, pack, refs(definition.triggers));
}
