import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { formatRecord } from '../../output/record.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

export function workflowShowCommand(workflow: Command, cli: Cli): void {
  const command = workflow
    .command('show')
    .description('Show a workflow with its tasks')
    .argument('<ref>', 'ref of the workflow')
    .action(
      cli.action(async (run, ref: string) => {
        const { client } = await connect(run);
        const found = (await client.getWorkflow({ path: { ref } })).data;
        await run.show(found, () =>
          formatRecord(
            [
              ['ref', found.ref],
              ['label', found.label],
              ['version', found.version],
              ['description', found.description],
              ['tags', found.tags?.join(', ')],
              ['revision', found.revision],
              ['param_schema', found.param_schema],
              ['definition', found.definition],
            ],
            run.paint,
          ),
        );
        return 0;
      }),
    );
  withExamples(command, 'attune workflow show github.process_push');
}
