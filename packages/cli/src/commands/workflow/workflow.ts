import type { Command } from 'commander';
import type { Cli } from '../../run.ts';
import { workflowListCommand } from './list.ts';
import { workflowShowCommand } from './show.ts';
import { workflowSimulateCommand } from './simulate.ts';
import { workflowTestCommand } from './test.ts';

export function workflowCommands(program: Command, cli: Cli): void {
  const workflow = program
    .command('workflow')
    .description('See, simulate and test workflows; each is executed as an action of the same ref');
  workflowListCommand(workflow, cli);
  workflowShowCommand(workflow, cli);
  workflowSimulateCommand(workflow, cli);
  workflowTestCommand(workflow, cli);
}
