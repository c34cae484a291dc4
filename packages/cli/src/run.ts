import type { Json } from '@attune/core';
import type { Command } from 'commander';
import { paintFor, type Paint } from './output/paint.ts';
import { renderValue, type OutputFormat } from './output/render.ts';
import { writeLine } from './output/write.ts';
import type { OutputStream, Terminal } from './terminal.ts';

/** Options that every command takes. */
export interface GlobalOptions {
  profile?: string;
  apiUrl?: string;
  output?: OutputFormat;
  json?: boolean;
  yaml?: boolean;
  verbose?: boolean;
}

/** One run of one command: what it may use, and how it shows its result. */
export interface Run {
  terminal: Terminal;
  options: GlobalOptions;
  format: OutputFormat;
  /** Colours of standard output. */
  paint: Paint;
  /** Width of standard output in characters; undefined where it is no terminal, so that nothing is cut. */
  width: number | undefined;
  /** Shows the result: `value` as it is for programs, or what `text` makes of it for people. */
  show(value: Json, text: () => string): Promise<void>;
  /** A remark for people, on standard error. */
  remark(text: string): Promise<void>;
}

/** The parsed command line decides the rest of a run. */
export function runOf(terminal: Terminal, options: GlobalOptions): Run {
  const format = formatOf(options);
  return {
    terminal,
    options,
    format,
    paint: paintFor(terminal.stdout, terminal.env),
    width: widthOf(terminal.stdout),
    show: (value, text) => writeLine(terminal.stdout, format === 'table' ? text() : renderValue(value, format)),
    remark: (text) => writeLine(terminal.stderr, text),
  };
}

/** A terminal that does not know its width says 0. */
const widthOf = ({ isTTY, columns = 0 }: OutputStream): number | undefined =>
  isTTY === true && columns > 0 ? columns : undefined;

const formatOf = (options: GlobalOptions): OutputFormat =>
  options.json === true ? 'json' : options.yaml === true ? 'yaml' : (options.output ?? 'table');

/** What a command's file gets to register itself with. */
export interface Cli {
  terminal: Terminal;
  /** Wraps the body of a command as commander calls it. The body gets the run, then commander's own arguments; it returns the exit
   *  code, or nothing for 0. */
  action<A extends unknown[]>(
    body: (run: Run, ...args: A) => Promise<number | undefined>,
  ): (...args: [...A, Command]) => Promise<void>;
}

export function cliOf(terminal: Terminal, ended: (exit: number) => void): Cli {
  return {
    terminal,
    action:
      <A extends unknown[]>(body: (run: Run, ...args: A) => Promise<number | undefined>) =>
      async (...args: [...A, Command]) => {
        const command = args.at(-1) as Command;
        const run = runOf(terminal, command.optsWithGlobals());
        ended((await body(run, ...(args.slice(0, -1) as unknown as A))) ?? 0);
      },
  };
}
