import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { executionId, idHelp } from '../../connection/latest.ts';
import { exits } from '../../exit.ts';
import { awaitExecution } from '../../follow/await-execution.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

interface Options {
  wait?: true;
}

export function executionCancelCommand(execution: Command, cli: Cli): void {
  const command = execution
    .command('cancel')
    .description('Cancel an execution and all that it started; what runs is stopped')
    .argument('<id>', idHelp)
    .option('-w, --wait', 'wait until it has stopped')
    .action(
      cli.action(async (run, given: string, options: Options) => {
        const { client } = await connect(run);
        const id = await executionId(client, given);
        await client.cancelExecution({ path: { id } });
        const found =
          options.wait === true
            ? await awaitExecution(run, client, id, {})
            : (await client.getExecution({ path: { id } })).data;
        await run.show(found, () => `Execution ${id} is ${found.status}`);
        return exits.done;
      }),
    );
  withExamples(command, 'attune execution cancel latest --wait');
}
