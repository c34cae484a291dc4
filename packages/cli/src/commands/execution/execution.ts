import type { Command } from 'commander';
import type { Cli } from '../../run.ts';
import { executionCancelCommand } from './cancel.ts';
import { executionListCommand } from './list.ts';
import { executionLogsCommand } from './logs.ts';
import { executionPauseCommands } from './pause.ts';
import { executionShowCommand } from './show.ts';
import { executionTreeCommand } from './tree.ts';

export function executionCommands(program: Command, cli: Cli): void {
  const execution = program.command('execution').description('See what ran and runs, read logs, pause, resume, cancel');
  executionListCommand(execution, cli);
  executionShowCommand(execution, cli);
  executionLogsCommand(execution, cli);
  executionTreeCommand(execution, cli);
  executionPauseCommands(execution, cli);
  executionCancelCommand(execution, cli);
}
