import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { formatRecord } from '../../output/record.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

export function whoamiCommand(auth: Command, cli: Cli): void {
  const command = auth
    .command('whoami')
    .description('Show the server, who you are there, and what you may do')
    .action(
      cli.action(async (run) => {
        const { client, target } = await connect(run);
        const me = (await client.whoami()).data;
        const { kind } = target.credentials;
        const from =
          kind === 'profile'
            ? `profile '${target.credentials.name}'`
            : kind === 'token'
              ? target.credentials.origin
              : null;
        await run.show({ ...me, api_url: target.url, credentials: from }, () =>
          formatRecord(
            [
              ['login', me.login],
              ['display_name', me.display_name],
              ['permission_sets', me.permission_sets.join(', ')],
              ['may', me.grants.map(({ resource, actions }) => `${resource}: ${actions.join(', ')}`).join('; ')],
              ['api_url', target.url],
              ['credentials', from],
            ],
            run.paint,
          ),
        );
        return 0;
      }),
    );
  withExamples(command, 'attune auth whoami', 'attune auth whoami -o json');
}
