import { formatProblem } from '@attune/core';
import { readPackFolder } from '@attune/pack';
import type { Command } from 'commander';
import { resolve } from 'node:path';
import { connect } from '../../connection/api.ts';
import { safeText } from '../../output/safe-text.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

interface Options {
  force?: true;
}

export function packRegisterCommand(pack: Command, cli: Cli): void {
  const command = pack
    .command('register')
    .description(
      'Check all files of a folder and register them as a pack; with one fault nothing is registered, and all are listed',
    )
    .argument('<folder>', 'folder that holds pack.yaml')
    .option(
      '-f, --force',
      'also where the same version is registered with other content; forgets configured values that do not fit any more',
    )
    .action(
      cli.action(async (run, folder: string, options: Options) => {
        const files = await readPackFolder(resolve(run.terminal.folder, folder));
        const { client } = await connect(run);
        const body = {
          files: [...files].map(([path, file]) => ({
            path,
            mode: file.mode,
            content_base64: Buffer.from(file.content).toString('base64'),
          })),
          force: options.force === true,
        };
        const registered = (await client.registerPack({ body })).data;
        for (const warning of registered.warnings) await run.remark(`warning: ${safeText(formatProblem(warning))}`);
        if (registered.forgotten_config.length > 0) {
          await run.remark(`warning: configured values were forgotten: ${registered.forgotten_config.join(', ')}`);
        }
        await run.show(registered, () =>
          registered.changed
            ? `Registered pack ${registered.ref} ${registered.version}`
            : `Pack ${registered.ref} ${registered.version} is registered with this content already`,
        );
        return 0;
      }),
    );
  withExamples(command, 'attune pack register packs/examples/github', 'attune pack register my-pack --force');
}
