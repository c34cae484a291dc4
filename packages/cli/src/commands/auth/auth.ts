import type { Command } from 'commander';
import type { Cli } from '../../run.ts';
import { loginCommand } from './login.ts';
import { logoutCommand } from './logout.ts';
import { whoamiCommand } from './whoami.ts';

export function authCommands(program: Command, cli: Cli): void {
  const auth = program.command('auth').description('Log in, log out, see who you are');
  loginCommand(auth, cli);
  logoutCommand(auth, cli);
  whoamiCommand(auth, cli);
}
