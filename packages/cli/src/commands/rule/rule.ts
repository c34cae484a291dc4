import type { Command } from 'commander';
import type { Cli } from '../../run.ts';
import { ruleListCommand } from './list.ts';
import { ruleShowCommand } from './show.ts';
import { ruleSwitchCommands } from './switch.ts';

export function ruleCommands(program: Command, cli: Cli): void {
  const rule = program.command('rule').description('See rules, switch them on and off');
  ruleListCommand(rule, cli);
  ruleShowCommand(rule, cli);
  ruleSwitchCommands(rule, cli);
}
