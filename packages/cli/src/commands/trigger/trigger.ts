import type { Command } from 'commander';
import type { Cli } from '../../run.ts';
import { triggerListCommand } from './list.ts';
import { triggerShowCommand } from './show.ts';
import { triggerWebhookCommand } from './webhook.ts';

export function triggerCommands(program: Command, cli: Cli): void {
  const trigger = program.command('trigger').description('See triggers and their webhooks');
  triggerListCommand(trigger, cli);
  triggerShowCommand(trigger, cli);
  triggerWebhookCommand(trigger, cli);
}
