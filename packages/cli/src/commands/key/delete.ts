import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';
import { nameOf, readOwner, theKey, withOwner, type OwnerOptions } from './owner.ts';

export function keyDeleteCommand(key: Command, cli: Cli): void {
  const command = withOwner(
    key.command('delete').description('Delete a key').argument('<name>', 'what expressions call it'),
  ).action(
    cli.action(async (run, name: string, options: OwnerOptions) => {
      const { client } = await connect(run);
      const owner = readOwner(options.owner);
      const { ref } = await theKey(client, name, owner);
      const deleted = (await client.deleteKey({ path: { ref } })).data;
      await run.show(deleted, () => `Key ${name} of ${nameOf(owner)} is deleted`);
      return 0;
    }),
  );
  withExamples(command, 'attune key delete api_key --owner pack:github');
}
