import { closeSync, openSync, readSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import type { Attempt } from './attempt.ts';
import type { Interpreter, Interpreters } from './interpreters.ts';

export interface Command {
  path: string;
  args: readonly string[];
}

/** Why an attempt did not start. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart';
}

/** The program and arguments that run an action's entry point. No shell reads them.
 *  @throws CannotStart naming the file or the interpreter that is missing. */
export function commandOf({ action, pack_dir }: Attempt, interpreters: Interpreters): Command {
  const folder = join(pack_dir, 'actions');
  const file = join(folder, action.entry_point);
  if (!file.startsWith(folder + sep)) throw new CannotStart(`The entry point '${action.entry_point}' leaves the pack`);
  switch (action.runner_type) {
    case 'native':
      return { path: file, args: [] };
    case 'nodejs':
      return withScript(interpreters.nodejs, file);
    case 'python':
      if (interpreters.python === undefined) throw new CannotStart('This worker has no Python 3');
      return withScript(interpreters.python, file);
    case 'shell': {
      const name = shellAskedFor(firstLine(file, action.entry_point));
      const shell = interpreters.shells.get(name);
      if (shell === undefined)
        throw new CannotStart(`This worker has no '${name}', which '${action.entry_point}' asks for`);
      return withScript(shell, file);
    }
  }
}

const withScript = ({ path, args }: Interpreter, file: string): Command => ({ path, args: [...args, file] });

/** The shell a script's first line names (`#!/bin/bash`, `#!/usr/bin/env bash`), else `sh`. */
export function shellAskedFor(line: string): string {
  const words = /^#!\s*(.*)$/.exec(line)?.[1]?.trim().split(/\s+/) ?? [];
  const [program = '', ...rest] = words;
  const named = basename(program) === 'env' ? rest.find((word) => !word.startsWith('-')) : program;
  const name = basename(named ?? '');
  return /^(ba|da|k|z)sh$/.test(name) ? name : 'sh';
}

function firstLine(file: string, entryPoint: string): string {
  const head = Buffer.alloc(256);
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch (error) {
    throw new CannotStart(
      `The entry point '${entryPoint}' cannot be read: ${(error as NodeJS.ErrnoException).code ?? ''}`,
    );
  }
  try {
    const length = readSync(fd, head, 0, head.length, 0);
    return head.toString('latin1', 0, length).split('\n')[0] ?? '';
  } finally {
    closeSync(fd);
  }
}
