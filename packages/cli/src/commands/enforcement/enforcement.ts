import type { Command } from 'commander';
import type { Cli } from '../../run.ts';
import { enforcementListCommand } from './list.ts';
import { enforcementShowCommand } from './show.ts';

export function enforcementCommands(program: Command, cli: Cli): void {
  const enforcement = program.command('enforcement').description('See the matches of rules with events');
  enforcementListCommand(enforcement, cli);
  enforcementShowCommand(enforcement, cli);
}
