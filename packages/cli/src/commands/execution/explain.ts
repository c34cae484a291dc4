import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { given } from '../../connection/given.ts';
import { executionId, idHelp } from '../../connection/latest.ts';
import { formatExplanation } from '../../output/explanation.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

interface Options {
  task?: string;
}

export function executionExplainCommand(execution: Command, cli: Cli): void {
  const command = execution
    .command('explain')
    .description(
      'Say why an execution is where it is and, of a workflow, why each task ran, was skipped, waits or never runs',
    )
    .argument('<id>', idHelp)
    .option('--task <name>', 'only this task of the workflow')
    .action(
      cli.action(async (run, id: string, options: Options) => {
        const { client } = await connect(run);
        const path = { id: await executionId(client, id) };
        const explained = (await client.explainExecution({ path, query: given({ task: options.task }) })).data;
        await run.show(explained, () => formatExplanation(explained, run.paint));
        return 0;
      }),
    );
  withExamples(command, 'attune execution explain latest', 'attune execution explain latest -o json');
}
