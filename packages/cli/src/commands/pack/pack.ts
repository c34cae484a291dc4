import type { Command } from 'commander';
import type { Cli } from '../../run.ts';
import { packListCommand } from './list.ts';
import { packRegisterCommand } from './register.ts';
import { packShowCommand } from './show.ts';

export function packCommands(program: Command, cli: Cli): void {
  const pack = program.command('pack').description('Register packs and see what is registered');
  packRegisterCommand(pack, cli);
  packListCommand(pack, cli);
  packShowCommand(pack, cli);
}
