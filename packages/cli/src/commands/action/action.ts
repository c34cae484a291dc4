import type { Command } from 'commander';
import type { Cli } from '../../run.ts';
import { actionExecuteCommand } from './execute.ts';
import { actionListCommand } from './list.ts';
import { actionShowCommand } from './show.ts';

export function actionCommands(program: Command, cli: Cli): void {
  const action = program.command('action').description('See actions, and execute them');
  actionListCommand(action, cli);
  actionShowCommand(action, cli);
  actionExecuteCommand(action, cli);
}
