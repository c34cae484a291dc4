import {
  changeAll,
  effectiveConfig,
  openSecrets,
  packOf,
  seal,
  secretConfig,
  secretsOf,
  secretViewPaths,
  settingsReadBy,
  type Json,
  type JsonObject,
  type Path,
  type RunFacts,
  type SecretSources,
  type WorkflowGraph,
  type WorkflowSecrets,
} from '@attune/core';
import { actions, packs, workflowExecutions, type EngineExecution, type LockedRun, type Tx } from '@attune/db';
import { keystoreOf } from './keystore.ts';
import { outputOf } from './outputs.ts';

/** What a run keeps of what is around it, as it was when it began: its decisions must come out the same when they are made again. */
interface KeptFacts {
  /** Of its pack; secrets sealed. */
  config: JsonObject;
  /** Keys by name, sealed. */
  keystore: JsonObject;
  secrets: SecretSources;
}

/** Looks up what the expressions of a run that begins may read; only what some expression names. */
export async function keepFacts(tx: Tx, execution: EngineExecution, graph: WorkflowGraph): Promise<JsonObject> {
  const { definition } = graph;
  const pack = packOf(execution.action_ref);
  const reads = settingsReadBy(definition);
  const sources = reads.config ? await packs.findByRef(tx, pack) : undefined;
  const isReadingKeys = reads.keys === null || reads.keys.length > 0;
  const refs = [...new Set(definition.tasks.map((task) => task.action))];
  const outputs = new Map((await actions.outputs(tx, refs)).map(({ ref, output }) => [ref, output]));
  const results = definition.tasks.flatMap(({ name, action }): [string, readonly Path[]][] => {
    const paths = secretViewPaths(outputs.get(action));
    return paths.length === 0 ? [] : [[name, paths]];
  });
  const kept: KeptFacts = {
    config: sources === undefined ? {} : effectiveConfig(sources),
    keystore: isReadingKeys ? await keystoreOf(tx, { action: execution.action_ref, pack, names: reads.keys }) : {},
    secrets: { config: sources === undefined ? [] : secretConfig(sources), results: Object.fromEntries(results) },
  };
  return kept as unknown as JsonObject;
}

/** What a run's expressions may read beside its variables and task results. Secrets are opened when somebody reads them. */
export async function factsOf(
  tx: Tx,
  run: Pick<LockedRun, 'facts'>,
  owner: EngineExecution,
  graph: WorkflowGraph,
): Promise<RunFacts & { secrets: WorkflowSecrets }> {
  // a run from before facts were kept sees what is so now
  const kept = (run.facts ?? (await keepFacts(tx, owner, graph))) as unknown as KeptFacts;
  const opened = <T extends Json>(value: T): (() => T) => {
    let clear: T | undefined;
    return () => (clear ??= openSecrets(value, tx.vault));
  };
  const [parameters, config, keystore] = [opened(owner.config ?? {}), opened(kept.config), opened(kept.keystore)];
  return {
    get parameters() {
      return parameters();
    },
    get config() {
      return config();
    },
    get keystore() {
      return keystore();
    },
    workflow_start: owner.started_at ?? '',
    secrets: secretsIn(graph, kept.secrets),
  };
}

/** Keeps what the result of a task shows to be secret and was not known: its action may have been registered anew since the run began,
 *  and a person's answer is as secret as the question says.
 *  @returns the run with what is known now */
export async function learnSecrets(tx: Tx, run: LockedRun, ended: EngineExecution): Promise<LockedRun> {
  const task = ended.workflow_task?.task_name;
  const paths = secretViewPaths(await outputOf(tx, ended.revision), ended.result);
  if (task === undefined || paths.length === 0 || run.facts === null) return run;
  const kept = run.facts as unknown as KeptFacts;
  const known = new Map((kept.secrets.results[task] ?? []).map((path) => [path.join('\0'), path]));
  const before = known.size;
  for (const path of paths) known.set(path.join('\0'), path);
  if (known.size === before) return run;
  const results = { ...kept.secrets.results, [task]: [...known.values()] };
  const facts = { ...kept, secrets: { ...kept.secrets, results } } as unknown as JsonObject;
  await workflowExecutions.setFacts(tx, run.id, facts);
  return { ...run, facts };
}

/** The variables of a run as its row may hold them: one that may hold a secret is sealed whole. */
export const sealVariables = (tx: Tx, variables: JsonObject, secrets: WorkflowSecrets): JsonObject =>
  changeAll(
    variables,
    [...secrets.variables.keys()].map((name) => [name]),
    (value) => seal(value, tx.vault),
  );

const analyses = new WeakMap<WorkflowGraph, Map<string, WorkflowSecrets>>();

/** Where secrets go in a workflow; worked out once for what is known. */
function secretsIn(graph: WorkflowGraph, sources: SecretSources): WorkflowSecrets {
  const known = analyses.get(graph) ?? new Map<string, WorkflowSecrets>();
  analyses.set(graph, known);
  const name = JSON.stringify(sources);
  const found = known.get(name) ?? secretsOf(graph.definition, sources);
  known.set(name, found);
  return found;
}
