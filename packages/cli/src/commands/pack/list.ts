import type { PackSummary } from '@attune/client';
import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { firstRows } from '../../connection/pages.ts';
import { withLimit, type ListOptions } from '../../input/list-options.ts';
import { showList } from '../../output/list.ts';
import type { Column } from '../../output/table.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

const columns: Column<PackSummary>[] = [
  { name: 'ref', text: (pack) => pack.ref },
  { name: 'version', text: (pack) => pack.version },
  { name: 'label', text: (pack) => pack.label },
  { name: 'description', text: (pack) => pack.description },
];

export function packListCommand(pack: Command, cli: Cli): void {
  const command = withLimit(pack.command('list').description('List registered packs')).action(
    cli.action(async (run, options: ListOptions) => {
      const { client } = await connect(run);
      const found = await firstRows(options.limit, (query) => client.listPacks({ query }));
      await showList(run, found, columns);
      return 0;
    }),
  );
  withExamples(command, 'attune pack list', 'attune pack list -o json');
}
