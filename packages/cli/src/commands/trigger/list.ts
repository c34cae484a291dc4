import type { TriggerSummary } from '@attune/client';
import type { Command } from 'commander';
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
}

const columns: Column<TriggerSummary>[] = [
  { name: 'ref', text: (trigger) => trigger.ref },
  { name: 'enabled', text: (trigger) => (trigger.enabled ? 'yes' : 'no') },
  { name: 'webhook', text: (trigger) => (trigger.webhook_enabled ? 'yes' : 'no') },
  { name: 'label', text: (trigger) => trigger.label },
  { name: 'description', text: (trigger) => trigger.description },
];

export function triggerListCommand(trigger: Command, cli: Cli): void {
  const command = withLimit(trigger.command('list').description('List triggers'))
    .option('--pack <ref>', 'only those of a pack')
    .action(
      cli.action(async (run, options: Options) => {
        const { client } = await connect(run);
        const filters = given({ pack_ref: options.pack });
        const found = await firstRows(options.limit, (page) => client.listTriggers({ query: { ...filters, ...page } }));
        await showList(run, found, columns);
        return 0;
      }),
    );
  withExamples(command, 'attune trigger list');
}
