import type { InquirySummary } from '@attune/client';
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

const statuses = ['pending', 'responded', 'timeout', 'cancelled'] as const;

interface Options extends ListOptions {
  status?: (typeof statuses)[number];
  execution?: string;
  assignedTo?: string;
}

const columns: Column<InquirySummary>[] = [
  { name: 'id', text: (inquiry) => inquiry.id, align: 'right' },
  { name: 'status', text: (inquiry) => inquiry.status, colour: paintStatus },
  { name: 'prompt', text: (inquiry) => inquiry.prompt },
  { name: 'assigned_to', text: (inquiry) => inquiry.assigned_login },
  { name: 'execution', text: (inquiry) => inquiry.execution, align: 'right' },
  { name: 'timeout_at', text: (inquiry) => formatInstant(inquiry.timeout_at) },
  { name: 'created', text: (inquiry) => formatInstant(inquiry.created) },
];

export function inquiryListCommand(inquiry: Command, cli: Cli): void {
  const command = withLimit(inquiry.command('list').description('List inquiries; without permission only your own'))
    .addOption(new Option('-s, --status <status>', 'only those that stand so').choices(statuses))
    .option('--execution <id>', 'only those of an execution')
    .option('--assigned-to <id>', "only those that an identity is asked, by its id, or 'me'")
    .action(
      cli.action(async (run, options: Options) => {
        const { client } = await connect(run);
        const filters = given({
          status: options.status,
          execution: options.execution,
          assigned_to: options.assignedTo,
        });
        const found = await firstRows(options.limit, (page) =>
          client.listInquiries({ query: { ...filters, ...page } }),
        );
        await showList(run, found, columns);
        return 0;
      }),
    );
  withExamples(command, 'attune inquiry list --status pending', 'attune inquiry list --assigned-to me');
}
