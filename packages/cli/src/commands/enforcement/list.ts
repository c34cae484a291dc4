import type { EnforcementSummary } from '@attune/client';
import { Option, type Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { given } from '../../connection/given.ts';
import { firstRows } from '../../connection/pages.ts';
import { withLimit, type ListOptions } from '../../input/list-options.ts';
import { formatInstant } from '../../output/instant.ts';
import { showList } from '../../output/list.ts';
import { paintStatus } from '../../output/status.ts';
import type { Column } from '../../output/table.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

const statuses = ['created', 'processed', 'disabled', 'failed'] as const;

interface Options extends ListOptions {
  rule?: string;
  trigger?: string;
  event?: string;
  status?: (typeof statuses)[number];
}

const columns: Column<EnforcementSummary>[] = [
  { name: 'id', text: (enforcement) => enforcement.id, align: 'right' },
  { name: 'rule_ref', text: (enforcement) => enforcement.rule_ref },
  { name: 'trigger_ref', text: (enforcement) => enforcement.trigger_ref },
  { name: 'event', text: (enforcement) => enforcement.event, align: 'right' },
  { name: 'status', text: (enforcement) => enforcement.status, colour: paintStatus },
  { name: 'created', text: (enforcement) => formatInstant(enforcement.created) },
];

export function enforcementListCommand(enforcement: Command, cli: Cli): void {
  const command = withLimit(enforcement.command('list').description('List enforcements'))
    .option('--rule <ref>', 'only those of a rule')
    .option('--trigger <ref>', 'only those of events of a trigger')
    .option('--event <id>', 'only those of an event')
    .addOption(new Option('-s, --status <status>', 'only those that stand so').choices(statuses))
    .action(
      cli.action(async (run, options: Options) => {
        const { client } = await connect(run);
        const filters = given({
          rule_ref: options.rule,
          trigger_ref: options.trigger,
          event: options.event,
          status: options.status,
        });
        const found = await firstRows(options.limit, (page) =>
          client.listEnforcements({ query: { ...filters, ...page } }),
        );
        await showList(run, found, columns);
        return 0;
      }),
    );
  withExamples(command, 'attune enforcement list --rule github.on_push_default');
}
