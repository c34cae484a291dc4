import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

const switches = [
  { verb: 'disable', description: 'Keep a rule from matching events from now on', done: 'is disabled' },
  { verb: 'enable', description: 'Let a rule match events from now on', done: 'is enabled' },
] as const;

export function ruleSwitchCommands(rule: Command, cli: Cli): void {
  for (const { verb, description, done } of switches) {
    const command = rule
      .command(verb)
      .description(description)
      .argument('<ref>', 'ref of the rule')
      .action(
        cli.action(async (run, ref: string) => {
          const { client } = await connect(run);
          const changed = (await client[`${verb}Rule`]({ path: { ref } })).data;
          await run.show(changed, () => `Rule ${changed.ref} ${done}`);
          return 0;
        }),
      );
    withExamples(command, `attune rule ${verb} github.on_report_ready`);
  }
}
