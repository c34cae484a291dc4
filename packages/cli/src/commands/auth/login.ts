import { anonymous } from '../../connection/api.ts';
import type { Command } from 'commander';
import { changeConfigFile, configPath } from '../../connection/config-file.ts';
import { findTarget } from '../../connection/target.ts';
import { readLogin, readPassword } from '../../input/password.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

interface Options {
  username?: string;
  passwordStdin?: true;
}

export function loginCommand(auth: Command, cli: Cli): void {
  const command = auth
    .command('login')
    .description('Log in with a password and save the login as a profile')
    .option('-u, --username <login>', 'who to log in as (asked on a terminal)')
    .option('--password-stdin', 'read the password from standard input')
    .action(
      cli.action(async (run, options: Options) => {
        const { terminal } = run;
        const target = await findTarget(terminal, { ...run.options, newProfile: true });
        const username = await readLogin(terminal, options.username);
        const password = await readPassword(terminal, options.passwordStdin === true, username);
        const session = (await anonymous(target).login({ body: { login: username, password } })).data;
        await changeConfigFile(configPath(terminal), ({ profiles }) => ({
          profile: target.profileName,
          profiles: {
            ...profiles,
            [target.profileName]: {
              api_url: target.url,
              username,
              auth_token: session.access_token,
              refresh_token: session.refresh_token,
            },
          },
        }));
        const saved = { login: session.user.login, api_url: target.url, profile: target.profileName };
        await run.show(
          saved,
          () => `Logged in to ${target.url} as ${session.user.login} (profile '${target.profileName}')`,
        );
        return 0;
      }),
    );
  withExamples(
    command,
    'attune auth login --username admin',
    'attune auth login --username admin --password-stdin < password.txt',
    'attune auth login --username admin --api-url https://attune.example.com --profile work',
  );
}
