import type { Command } from 'commander';
import type { Cli } from '../../run.ts';
import { packCheckCommand } from './check.ts';
import { packConfigCommands } from './config/config.ts';
import { packListCommand } from './list.ts';
import { packRegisterCommand } from './register.ts';
import { packSchemaCommand } from './schema.ts';
import { packShowCommand } from './show.ts';

export function packCommands(program: Command, cli: Cli): void {
  const pack = program.command('pack').description('Check and register packs, and see what is registered');
  packCheckCommand(pack, cli);
  packRegisterCommand(pack, cli);
  packListCommand(pack, cli);
  packShowCommand(pack, cli);
  packConfigCommands(pack, cli);
  packSchemaCommand(pack, cli);
}
