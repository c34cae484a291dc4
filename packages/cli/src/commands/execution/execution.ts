import type { Command } from 'commander';
import type { Cli } from '../../run.ts';
import { executionCancelCommand } from './cancel.ts';
import { executionExplainCommand } from './explain.ts';
import { executionListCommand } from './list.ts';
import { executionLogsCommand } from './logs.ts';
import { executionPauseCommands } from './pause.ts';
import { executionRerunCommand } from './rerun.ts';
import { executionShowCommand } from './show.ts';
import { executionTreeCommand } from './tree.ts';

export function executionCommands(program: Command, cli: Cli): void {
  const execution = program
    .command('execution')
    .description('See and explain what ran and runs, read logs, run again, pause, resume, cancel');
  executionListCommand(execution, cli);
  executionShowCommand(execution, cli);
  executionLogsCommand(execution, cli);
  executionTreeCommand(execution, cli);
  executionExplainCommand(execution, cli);
  executionRerunCommand(execution, cli);
  executionPauseCommands(execution, cli);
  executionCancelCommand(execution, cli);
}
