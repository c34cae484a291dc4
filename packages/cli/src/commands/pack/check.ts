import {
  AttuneError,
  findingOf,
  findingsOf,
  knownFrom,
  loadPack,
  readPack,
  type Definitions,
  type Finding,
} from '@attune/core';
import { readPackFolder } from '@attune/pack';
import type { Command } from 'commander';
import { join, resolve } from 'node:path';
import { exits } from '../../exit.ts';
import { formatFindings } from '../../output/findings.ts';
import { projectRoot } from '../../project-root.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

interface Options {
  pack?: string[];
}

export function packCheckCommand(pack: Command, cli: Cli): void {
  const command = pack
    .command('check')
    .description(
      'Tell everything that is wrong with a pack, without a server: errors, warnings, and where loops are; exit code 1 if there is an error',
    )
    .argument('<folder>', 'folder that holds pack.yaml')
    .option(
      '--pack <folder>',
      'another pack that this one refers to (repeat); core is at hand',
      (folder: string, others: string[] | undefined) => [...(others ?? []), folder],
    )
    .action(
      cli.action(async (run, folder: string, options: Options) => {
        const others = (options.pack ?? []).map((other) => resolve(run.terminal.folder, other));
        const known = await Promise.all([join(projectRoot, 'packs', 'core'), ...others].map(definitionsIn));
        const found = await check(resolve(run.terminal.folder, folder), known);
        // As compilers do: a path that editors and terminals can follow from where they are.
        const findings = found.map((one) => ({ ...one, file: join(folder, one.file) }));
        await run.show(
          findings.map((one) => ({ ...one })),
          () => formatFindings(findings, run.paint),
        );
        return findings.some(({ severity }) => severity === 'error') ? exits.unsound : exits.done;
      }),
    );
  withExamples(
    command,
    'attune pack check packs/examples/github',
    'attune pack check my-pack --pack other-pack',
    'attune pack check my-pack -o json',
  );
}

/** What another pack defines, as far as it can be read. */
async function definitionsIn(folder: string): Promise<Definitions> {
  const { definitions } = readPack(await readPackFolder(folder));
  if (definitions.ref !== '') return definitions;
  throw new AttuneError('not_found', `${folder} holds no pack.yaml with a ref`);
}

async function check(folder: string, others: readonly Definitions[]): Promise<Finding[]> {
  try {
    return findingsOf(loadPack(await readPackFolder(folder), knownFrom(others)));
  } catch (error) {
    // Links, and files beyond the limits.
    if (error instanceof AttuneError && error.code === 'invalid_pack') return error.details.map(findingOf);
    throw error;
  }
}
