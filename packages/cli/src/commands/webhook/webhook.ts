import type { Command } from 'commander';
import type { Cli } from '../../run.ts';
import { webhookSendCommand } from './send.ts';

export function webhookCommands(program: Command, cli: Cli): void {
  const webhook = program.command('webhook').description('Send to a webhook as its provider would');
  webhookSendCommand(webhook, cli);
}
