import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { executionId, idHelp } from '../../connection/latest.ts';
import { awaitExecution } from '../../follow/await-execution.ts';
import { withWaiting, type WaitOptions } from '../../input/wait-options.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';
import { showExecution } from '../show-execution.ts';

export function executionShowCommand(execution: Command, cli: Cli): void {
  const command = withWaiting(
    execution.command('show').description('Show an execution with its parameters and result').argument('<id>', idHelp),
  ).action(
    cli.action(async (run, given: string, options: WaitOptions) => {
      const { client } = await connect(run);
      const id = await executionId(client, given);
      const isAwaited = options.wait === true || options.watch === true;
      const found = isAwaited
        ? await awaitExecution(run, client, id, options)
        : (await client.getExecution({ path: { id } })).data;
      return showExecution(run, found, isAwaited);
    }),
  );
  withExamples(command, 'attune execution show latest', 'attune execution show latest --watch');
}
