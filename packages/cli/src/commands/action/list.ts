import type { ActionSummary } from '@attune/client';
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

const columns: Column<ActionSummary>[] = [
  { name: 'ref', text: (action) => action.ref },
  { name: 'runs', text: (action) => (action.is_workflow ? 'workflow' : action.runtime_ref) },
  { name: 'label', text: (action) => action.label },
  { name: 'description', text: (action) => action.description },
];

export function actionListCommand(action: Command, cli: Cli): void {
  const command = withLimit(action.command('list').description('List actions; a workflow is one too'))
    .option('--pack <ref>', 'only those of a pack')
    .action(
      cli.action(async (run, options: Options) => {
        const { client } = await connect(run);
        const filters = given({ pack_ref: options.pack });
        const found = await firstRows(options.limit, (page) => client.listActions({ query: { ...filters, ...page } }));
        await showList(run, found, columns);
        return 0;
      }),
    );
  withExamples(command, 'attune action list', 'attune action list --pack core -o json');
}
