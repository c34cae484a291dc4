import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { formatRule } from '../../output/rule.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

export function ruleShowCommand(rule: Command, cli: Cli): void {
  const command = rule
    .command('show')
    .description('Show a rule with its conditions')
    .argument('<ref>', 'ref of the rule')
    .action(
      cli.action(async (run, ref: string) => {
        const { client } = await connect(run);
        const found = (await client.getRule({ path: { ref } })).data;
        await run.show(found, () => formatRule(found, run.paint));
        return 0;
      }),
    );
  withExamples(command, 'attune rule show github.on_push_default');
}
