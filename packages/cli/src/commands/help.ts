import type { Command } from 'commander';

/** Adds examples below a command's help; each is a whole command line. docs/cli.md shows the same, and a test runs it. */
export const withExamples = (command: Command, ...lines: string[]): Command =>
  command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`);
