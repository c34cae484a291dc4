import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { formatRecord } from '../../output/record.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

export function triggerShowCommand(trigger: Command, cli: Cli): void {
  const command = trigger
    .command('show')
    .description('Show a trigger and what its events hold')
    .argument('<ref>', 'ref of the trigger')
    .action(
      cli.action(async (run, ref: string) => {
        const { client } = await connect(run);
        const found = (await client.getTrigger({ path: { ref } })).data;
        await run.show(found, () =>
          formatRecord(
            [
              ['ref', found.ref],
              ['label', found.label],
              ['description', found.description],
              ['enabled', found.enabled ? 'yes' : 'no'],
              ['webhook', found.webhook_enabled ? `'attune trigger webhook ${found.ref}' shows its address` : 'no'],
              ['revision', found.revision],
              ['param_schema', found.param_schema],
              ['out_schema', found.out_schema],
            ],
            run.paint,
          ),
        );
        return 0;
      }),
    );
  withExamples(command, 'attune trigger show github.push');
}
