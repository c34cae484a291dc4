import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { formatRecord } from '../../output/record.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

export function actionShowCommand(action: Command, cli: Cli): void {
  const command = action
    .command('show')
    .description('Show an action and the parameters it takes')
    .argument('<ref>', 'ref of the action')
    .action(
      cli.action(async (run, ref: string) => {
        const { client } = await connect(run);
        const found = (await client.getAction({ path: { ref } })).data;
        await run.show(found, () =>
          formatRecord(
            [
              ['ref', found.ref],
              ['label', found.label],
              ['description', found.description],
              ['runs', found.is_workflow ? 'workflow' : found.runtime_ref],
              ['entrypoint', found.entrypoint],
              ['revision', found.revision],
              ['param_schema', found.param_schema],
              ['out_schema', found.out_schema],
            ],
            run.paint,
          ),
        );
        return 0;
      }),
    );
  withExamples(command, 'attune action show core.echo');
}
