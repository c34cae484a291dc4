import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { eventId, idHelp } from '../../connection/latest.ts';
import { formatEvent } from '../../output/event.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

interface Options {
  payload?: true;
}

export function eventShowCommand(event: Command, cli: Cli): void {
  const command = event
    .command('show')
    .description('Show an event, and for each rule whether it matched and which clause decided, with its values')
    .argument('<id>', idHelp)
    .option('--payload', 'also show payload and headers')
    .action(
      cli.action(async (run, given: string, options: Options) => {
        const { client } = await connect(run);
        const found = (await client.getEvent({ path: { id: await eventId(client, given) } })).data;
        await run.show(found, () => formatEvent(found, run.paint, options.payload === true));
        return 0;
      }),
    );
  withExamples(
    command,
    'attune event show latest',
    'attune event show latest --payload',
    'attune event show latest -o json',
  );
}
