import type { EventSummary } from '@attune/client';
import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { given } from '../../connection/given.ts';
import { firstRows } from '../../connection/pages.ts';
import { withLimit, type ListOptions } from '../../input/list-options.ts';
import { formatInstant } from '../../output/instant.ts';
import { showList } from '../../output/list.ts';
import type { Column } from '../../output/table.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

interface Options extends ListOptions {
  trigger?: string;
  source?: string;
  cause?: string;
}

const columns: Column<EventSummary>[] = [
  { name: 'id', text: (event) => event.id, align: 'right' },
  { name: 'trigger_ref', text: (event) => event.trigger_ref },
  { name: 'source_ref', text: (event) => event.source_ref },
  { name: 'cause', text: (event) => event.cause, align: 'right' },
  { name: 'created', text: (event) => formatInstant(event.created) },
  { name: 'matched_at', text: (event) => formatInstant(event.matched_at) },
];

export function eventListCommand(event: Command, cli: Cli): void {
  const command = withLimit(event.command('list').description('List events'))
    .option('--trigger <ref>', 'only those of a trigger')
    .option('--source <ref>', 'only those that came from there, e.g. webhook')
    .option('--cause <id>', 'only those that an execution emitted')
    .action(
      cli.action(async (run, options: Options) => {
        const { client } = await connect(run);
        const filters = given({ trigger_ref: options.trigger, source_ref: options.source, cause: options.cause });
        const found = await firstRows(options.limit, (page) => client.listEvents({ query: { ...filters, ...page } }));
        await showList(run, found, columns);
        return 0;
      }),
    );
  withExamples(command, 'attune event list', 'attune event list --trigger github.report_ready');
}
