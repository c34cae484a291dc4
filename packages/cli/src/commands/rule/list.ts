import type { RuleSummary } from '@attune/client';
import { Option, type Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { given } from '../../connection/given.ts';
import { firstRows } from '../../connection/pages.ts';
import { withLimit, type ListOptions } from '../../input/list-options.ts';
import { showList } from '../../output/list.ts';
import type { Column } from '../../output/table.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

interface Options extends ListOptions {
  pack?: string;
  trigger?: string;
  action?: string;
  enabled?: true;
  disabled?: true;
}

const columns: Column<RuleSummary>[] = [
  { name: 'ref', text: (rule) => rule.ref },
  { name: 'trigger_ref', text: (rule) => rule.trigger_ref },
  { name: 'action_ref', text: (rule) => rule.action_ref },
  {
    name: 'enabled',
    text: (rule) => (rule.enabled ? 'yes' : 'no'),
    colour: (text, paint) => (text.startsWith('no') ? paint.yellow(text) : text),
  },
  { name: 'label', text: (rule) => rule.label },
];

export function ruleListCommand(rule: Command, cli: Cli): void {
  const command = withLimit(rule.command('list').description('List rules'))
    .option('--pack <ref>', 'only those of a pack')
    .option('--trigger <ref>', 'only those that answer a trigger')
    .option('--action <ref>', 'only those that start an action')
    .addOption(new Option('-e, --enabled', 'only those that are switched on').conflicts('disabled'))
    .addOption(new Option('--disabled', 'only those that are switched off').conflicts('enabled'))
    .action(
      cli.action(async (run, options: Options) => {
        const { client } = await connect(run);
        const filters = given({
          pack_ref: options.pack,
          trigger_ref: options.trigger,
          action_ref: options.action,
          enabled: options.enabled ?? (options.disabled === true ? false : undefined),
        });
        const found = await firstRows(options.limit, (page) => client.listRules({ query: { ...filters, ...page } }));
        await showList(run, found, columns);
        return 0;
      }),
    );
  withExamples(command, 'attune rule list', 'attune rule list --trigger github.push --enabled');
}
