import { readPackFolder } from '@attune/pack';
import { resolve } from 'node:path';
import {
  AttuneError,
  knownActionsOf,
  loadPack,
  loadTests,
  type Known,
  type KnownActions,
  type LoadedTests,
} from '@attune/core';
import type { Terminal } from '../terminal.ts';

/** A pack that is read from its folder, without a server. */
export interface FolderPack {
  ref: string;
  actions: KnownActions;
  /** Refs of its workflows. */
  workflows: string[];
  tests: LoadedTests;
}

/** What other packs have is not known here: whatever refers to it is taken for right. */
const takenForRight: Known = {
  action: () => ({ parameters: null }),
  trigger: () => ({ parameters: null }),
  refs: () => [],
};

/** Reads a pack that is sound.
 *  @throws AttuneError not_found, or invalid_pack with every problem */
export async function openPack(terminal: Terminal, folder: string): Promise<FolderPack> {
  const files = await readPackFolder(resolve(terminal.folder, folder));
  const { pack, problems } = loadPack(files, takenForRight);
  if (pack === undefined) {
    throw new AttuneError('invalid_pack', `The pack in ${folder} has problems`, { details: problems });
  }
  const { ref } = pack.manifest;
  const workflows = pack.workflows.map((workflow) => workflow.ref);
  const actions = knownActionsOf({ ...pack, ref });
  return { ref, actions, workflows, tests: loadTests(files, actions, workflows) };
}
