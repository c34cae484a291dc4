import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { given as onlyGiven } from '../../connection/given.ts';
import { workflowRunId } from '../../connection/latest.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

const runHelp = "its id, or 'latest': the newest run of a workflow";

export function executionPauseCommands(execution: Command, cli: Cli): void {
  const pause = execution
    .command('pause')
    .description('Pause a run of a workflow: what runs ends, nothing starts until it is resumed')
    .argument('<id>', runHelp)
    .option('--reason <text>', 'why, for whoever looks at it')
    .action(
      cli.action(async (run, given: string, options: { reason?: string }) => {
        const { client } = await connect(run);
        const id = await workflowRunId(client, given);
        const { data } = await client.pauseExecution({ path: { id }, body: onlyGiven({ reason: options.reason }) });
        await run.show(data, () => `Execution ${id} is paused; 'attune execution resume ${id}' lets it go on`);
        return 0;
      }),
    );
  withExamples(pause, 'attune execution pause latest --reason "the disk is full"');

  const resume = execution
    .command('resume')
    .description('Let a paused run go on: what ended meanwhile is looked at, in its order')
    .argument('<id>', runHelp)
    .action(
      cli.action(async (run, given: string) => {
        const { client } = await connect(run);
        const id = await workflowRunId(client, given);
        const { data } = await client.resumeExecution({ path: { id } });
        await run.show(data, () =>
          data.paused
            ? `Execution ${id} is still paused, with execution ${data.paused_by ?? '?'} above it`
            : `Execution ${id} goes on`,
        );
        return 0;
      }),
    );
  withExamples(resume, 'attune execution resume latest');
}
