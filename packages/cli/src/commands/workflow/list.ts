import type { WorkflowSummary } from '@attune/client';
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

const columns: Column<WorkflowSummary>[] = [
  { name: 'ref', text: (workflow) => workflow.ref },
  { name: 'version', text: (workflow) => workflow.version },
  { name: 'label', text: (workflow) => workflow.label },
  { name: 'description', text: (workflow) => workflow.description },
];

export function workflowListCommand(workflow: Command, cli: Cli): void {
  const command = withLimit(workflow.command('list').description('List workflows'))
    .option('--pack <ref>', 'only those of a pack')
    .action(
      cli.action(async (run, options: Options) => {
        const { client } = await connect(run);
        const filters = given({ pack_ref: options.pack });
        const found = await firstRows(options.limit, (page) =>
          client.listWorkflows({ query: { ...filters, ...page } }),
        );
        await showList(run, found, columns);
        return 0;
      }),
    );
  withExamples(command, 'attune workflow list');
}
