import type { PackConfig } from '@attune/client';
import { isMask } from '@attune/core';
import type { Command } from 'commander';
import { connect } from '../../../connection/api.ts';
import type { Paint } from '../../../output/paint.ts';
import { formatRecord } from '../../../output/record.ts';
import type { Cli } from '../../../run.ts';
import { withExamples } from '../../help.ts';

export function packConfigShowCommand(config: Command, cli: Cli): void {
  const command = config
    .command('show')
    .description('Show the values in force, secrets masked')
    .argument('<pack>', 'ref of the pack')
    .action(
      cli.action(async (run, ref: string) => {
        const { client } = await connect(run);
        const found = (await client.getPackConfig({ path: { ref } })).data;
        await run.show(found, () => formatConfig(found, run.paint));
        return 0;
      }),
    );
  withExamples(command, 'attune pack config show my_pack');
}

export const formatConfig = (found: PackConfig, paint: Paint): string =>
  formatRecord(
    [
      ['pack_ref', found.pack_ref],
      ['set', found.set.join(', ') || null],
      ['missing', found.missing.join(', ') || null],
      [
        'config',
        Object.fromEntries(
          Object.entries(found.config).map(([name, value]) => [name, isMask(value) ? '(secret)' : value]),
        ),
      ],
    ],
    paint,
  );
