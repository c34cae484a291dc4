import {
  AttuneError,
  effectiveConfig,
  knownActionsOf,
  knownFrom,
  loadPack,
  loadTests,
  packOf,
  readPack,
  type KnownActions,
  type LoadedTests,
  type PackDefinition,
  type PackSettings,
} from '@attune/core';
import { readPackFolder } from '@attune/pack';
import { join, resolve } from 'node:path';
import { projectRoot } from '../project-root.ts';
import type { Terminal } from '../terminal.ts';

/** A pack that is read from its folder, without a server. */
export interface FolderPack {
  actions: KnownActions;
  /** What the packs at hand are configured with by their own files. */
  settings: (pack_ref: string) => PackSettings;
  /** Refs of its workflows. */
  workflows: string[];
  tests: LoadedTests;
}

/** Reads a pack that is sound. The pack `core` is at hand; what still other packs have is not known, so it is taken for right.
 *  @param others folders of other packs that it refers to
 *  @throws AttuneError not_found, or invalid_pack with every problem of the pack */
export async function openPack(terminal: Terminal, folder: string, others: readonly string[]): Promise<FolderPack> {
  const beside = [join(projectRoot, 'packs', 'core'), ...others].map((other) => resolve(terminal.folder, other));
  const read = await Promise.all(beside.map((other) => readPackFolder(other)));
  const known = knownFrom(read.map((files) => readPack(files).definitions));
  const files = await readPackFolder(resolve(terminal.folder, folder));
  const { pack, problems } = loadPack(files, known);
  if (pack === undefined) {
    throw new AttuneError('invalid_pack', `The pack in ${folder} has problems`, { details: problems });
  }
  const packs = [pack, ...read.flatMap((other) => loadPack(other, known).pack ?? [])];
  const actions = actionsOf(packs);
  const workflows = pack.workflows.map((workflow) => workflow.ref);
  return { actions, settings: settingsOf(packs), workflows, tests: loadTests(files, actions, workflows) };
}

/** What several packs have; an action of any other pack takes anything. */
function actionsOf(packs: readonly PackDefinition[]): KnownActions {
  const byPack = new Map(packs.map((pack) => [pack.manifest.ref, knownActionsOf({ ...pack, ref: pack.manifest.ref })]));
  const [first = () => undefined] = byPack.values();
  return (ref) => (byPack.get(packOf(ref)) ?? first)(ref);
}

function settingsOf(packs: readonly PackDefinition[]): FolderPack['settings'] {
  const manifests = new Map(packs.map(({ manifest }) => [manifest.ref, manifest]));
  return (ref) => {
    const { conf_schema = {}, config = {} } = manifests.get(ref) ?? {};
    return { config: effectiveConfig({ conf_schema, config_defaults: config, config: {} }), conf_schema };
  };
}
