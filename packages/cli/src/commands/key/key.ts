import type { Command } from 'commander';
import type { Cli } from '../../run.ts';
import { keyDeleteCommand } from './delete.ts';
import { keyListCommand } from './list.ts';
import { keySetCommand } from './set.ts';
import { keyShowCommand } from './show.ts';

export function keyCommands(program: Command, cli: Cli): void {
  const key = program.command('key').description('Keep secrets and other values for workflows and rules');
  keySetCommand(key, cli);
  keyListCommand(key, cli);
  keyShowCommand(key, cli);
  keyDeleteCommand(key, cli);
}
