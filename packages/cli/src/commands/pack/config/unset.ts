import type { Command } from 'commander';
import { connect } from '../../../connection/api.ts';
import type { Cli } from '../../../run.ts';
import { withExamples } from '../../help.ts';
import { formatConfig } from './show.ts';

export function packConfigUnsetCommand(config: Command, cli: Cli): void {
  const command = config
    .command('unset')
    .description('Take values away: what the pack itself gives is in force again')
    .argument('<pack>', 'ref of the pack')
    .argument('<names...>', 'names of the values')
    .action(
      cli.action(async (run, ref: string, names: string[]) => {
        const { client } = await connect(run);
        const body = Object.fromEntries(names.map((name) => [name, null]));
        const changed = (await client.changePackConfig({ path: { ref }, body })).data;
        await run.show(changed, () => formatConfig(changed, run.paint));
        return 0;
      }),
    );
  withExamples(command, 'attune pack config unset my_pack station');
}
