import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { flatten } from '../../connection/api-reader.ts';
import { workflowRunId } from '../../connection/latest.ts';
import { formatExecutionTree } from '../../output/execution-tree.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

export function executionTreeCommand(execution: Command, cli: Cli): void {
  const command = execution
    .command('tree')
    .description('Show an execution and all that it started, with status, duration and attempts')
    .argument('<id>', "its id, or 'latest': the newest run of a workflow")
    .action(
      cli.action(async (run, given: string) => {
        const { client } = await connect(run);
        const id = await workflowRunId(client, given);
        const root = (await client.getExecutionTree({ path: { id } })).data;
        await run.show(root, () => formatExecutionTree(flatten(root), run.paint));
        if (root.truncated) await run.remark("There is more below; 'attune execution list --parent ID' lists it.");
        return 0;
      }),
    );
  withExamples(command, 'attune execution tree latest');
}
