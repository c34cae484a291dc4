import type { Command } from 'commander';
import type { Cli } from '../../../run.ts';
import { packConfigSetCommand } from './set.ts';
import { packConfigShowCommand } from './show.ts';
import { packConfigUnsetCommand } from './unset.ts';

export function packConfigCommands(pack: Command, cli: Cli): void {
  const config = pack.command('config').description('See and set the configuration of a pack');
  packConfigShowCommand(config, cli);
  packConfigSetCommand(config, cli);
  packConfigUnsetCommand(config, cli);
}
