import type { Command } from 'commander';
import type { Cli } from '../../run.ts';
import { inquiryListCommand } from './list.ts';
import { inquiryRespondCommand } from './respond.ts';
import { inquiryShowCommand } from './show.ts';

export function inquiryCommands(program: Command, cli: Cli): void {
  const inquiry = program.command('inquiry').description('See what people are asked, and answer');
  inquiryListCommand(inquiry, cli);
  inquiryShowCommand(inquiry, cli);
  inquiryRespondCommand(inquiry, cli);
}
