import type { Command } from 'commander';
import type { Cli } from '../../run.ts';
import { eventListCommand } from './list.ts';
import { eventSendCommand } from './send.ts';
import { eventShowCommand } from './show.ts';

export function eventCommands(program: Command, cli: Cli): void {
  const event = program.command('event').description('See events and why rules did or did not answer them; send one');
  eventListCommand(event, cli);
  eventShowCommand(event, cli);
  eventSendCommand(event, cli);
}
