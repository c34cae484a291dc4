import { cliOf, programOf, type Terminal } from '@attune/cli';
import type { Command } from 'commander';
import { PassThrough } from 'node:stream';

/** A command of the tree as its help describes it. */
export interface DescribedCommand {
  /** `attune action execute`. */
  name: string;
  description: string;
  usage: string;
  /** Arguments and options: how each is written, and what it means. */
  parts: { term: string; description: string }[];
  /** Whole command lines. */
  examples: string[];
}

/** Every command that does something, in the order of the help. */
export function describeCommands(): DescribedCommand[] {
  const written: string[] = [];
  const stream = new PassThrough();
  stream.write = (text: string | Uint8Array) => written.push(String(text)) > 0;
  const terminal: Terminal = {
    stdin: new PassThrough(),
    stdout: stream,
    stderr: stream,
    env: {},
    folder: '/',
    userHome: '/',
    interrupted: new AbortController().signal,
  };
  const examplesOf = (command: Command): string[] => {
    written.length = 0;
    command.outputHelp();
    return [...written.join('').matchAll(/^ {2}\$ (.+)$/gm)].map((match) => match[1] ?? '');
  };
  const visit = (command: Command, path: string): DescribedCommand[] => {
    const name = `${path}${command.name()}`;
    if (command.commands.length > 0) return command.commands.flatMap((child) => visit(child, `${name} `));
    return [describe(command, name, examplesOf(command))];
  };
  return visit(programOf(cliOf(terminal, () => undefined)), '');
}

function describe(command: Command, name: string, examples: string[]): DescribedCommand {
  const help = command.createHelp();
  return {
    name,
    description: command.description(),
    usage: command.usage(),
    parts: [
      ...help.visibleArguments(command).map((one) => ({ term: `<${one.name()}>`, description: one.description })),
      ...help
        .visibleOptions(command)
        .filter((option) => option.long !== '--help')
        .map((option) => ({ term: option.flags, description: help.optionDescription(option) })),
    ],
    examples,
  };
}

/** The reference as docs/cli.md prints it. */
export function printReference(commands: readonly DescribedCommand[]): string {
  return commands.map(printCommand).join('\n\n');
}

function printCommand({ name, description, usage, parts, examples }: DescribedCommand): string {
  const table = parts.map(({ term, description: meaning }) => `| \`${term.replaceAll('|', '\\|')}\` | ${meaning} |`);
  return [
    `### ${name}`,
    '',
    `${description}. Usage: \`${name} ${usage}\``,
    ...(table.length === 0 ? [] : ['', '| | |', '|---|---|', ...table]),
    ...(examples.length === 0 ? [] : ['', '```sh', ...examples, '```']),
  ].join('\n');
}
