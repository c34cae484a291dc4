import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { enforcementId, idHelp } from '../../connection/latest.ts';
import { formatInstant } from '../../output/instant.ts';
import { formatRecord } from '../../output/record.ts';
import { paintStatus } from '../../output/status.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

export function enforcementShowCommand(enforcement: Command, cli: Cli): void {
  const command = enforcement
    .command('show')
    .description('Show an enforcement: which rule met which event, and the parameters that came of it')
    .argument('<id>', idHelp)
    .action(
      cli.action(async (run, given: string) => {
        const { client } = await connect(run);
        const found = (await client.getEnforcement({ path: { id: await enforcementId(client, given) } })).data;
        await run.show(found, () =>
          formatRecord(
            [
              ['id', found.id],
              ['rule_ref', found.rule_ref],
              ['trigger_ref', found.trigger_ref],
              ['event', found.event],
              ['status', found.status, { colour: paintStatus }],
              ['created', formatInstant(found.created)],
              ['resolved_at', formatInstant(found.resolved_at)],
              ['revision', found.revision],
              ['error', found.error],
              ['conditions', found.conditions],
              ['config', found.config],
            ],
            run.paint,
          ),
        );
        return 0;
      }),
    );
  withExamples(command, 'attune enforcement show latest');
}
