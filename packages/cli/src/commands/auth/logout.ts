import { anonymous } from '../../connection/api.ts';
import type { Command } from 'commander';
import { changeConfigFile, configPath, readConfigFile, type ConfigFile } from '../../connection/config-file.ts';
import type { Cli } from '../../run.ts';
import { variable } from '../../terminal.ts';
import { withExamples } from '../help.ts';

export function logoutCommand(auth: Command, cli: Cli): void {
  const command = auth
    .command('logout')
    .description('End the session of a profile and forget its tokens')
    .action(
      cli.action(async (run) => {
        const path = configPath(run.terminal);
        const config = await readConfigFile(path);
        const name = run.options.profile ?? variable(run.terminal, 'ATTUNE_PROFILE') ?? config.profile;
        const profile = Object.hasOwn(config.profiles, name) ? config.profiles[name] : undefined;
        if (profile?.refresh_token === undefined) {
          await run.show({ profile: name, logged_out: false }, () => `Profile '${name}' is not logged in`);
          return 0;
        }
        const target = { url: profile.api_url, origin: `profile '${name}'` };
        const body = { refresh_token: profile.refresh_token };
        // forgotten first: what cannot be reached any more must not keep us logged in here
        await changeConfigFile(path, (now) => withoutTokens(now, name));
        await anonymous(target).logout({ body });
        await run.show(
          { profile: name, logged_out: true },
          () => `Logged out of ${profile.api_url} (profile '${name}')`,
        );
        return 0;
      }),
    );
  withExamples(command, 'attune auth logout');
}

function withoutTokens(config: ConfigFile, name: string): ConfigFile {
  const { api_url = '', username } = config.profiles[name] ?? {};
  const forgotten = username === undefined ? { api_url } : { api_url, username };
  return { ...config, profiles: { ...config.profiles, [name]: forgotten } };
}
