import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AttuneError, isJsonObject, parseJson, type Json, type JsonObject } from '@attune/core';
import { readAll } from './stdin.ts';
import type { Terminal } from '../terminal.ts';

export interface ObjectOptions {
  /** Values of `--param`, each `name=value`. */
  param?: readonly string[] | undefined;
  /** The option that gave them. @default --param */
  option?: string;
  /** The whole as one option gives it, and that option's name. */
  whole?: string | undefined;
  wholeOption: string;
}

/** An object (parameters, a payload) from an option that gives the whole and others that give single members; a single one replaces the
 *  same key of the whole.
 *  @throws AttuneError bad_request or malformed_json, naming the option and what was expected. */
export async function readParams(
  terminal: Terminal,
  { param = [], option = '--param', whole, wholeOption }: ObjectOptions,
): Promise<JsonObject> {
  const base = whole === undefined ? {} : await readObject(terminal, wholeOption, whole);
  const single = await Promise.all(param.map((text) => readParam(terminal, option, text)));
  return { ...base, ...Object.fromEntries(single) };
}

/** One `name=value`. The value is JSON where it parses as such, else text; `@FILE` takes the file's content, read in the same way;
 *  `@@` stands for a leading `@`. */
async function readParam(terminal: Terminal, option: string, text: string): Promise<[string, Json]> {
  const at = text.indexOf('=');
  if (at <= 0)
    throw new AttuneError('bad_request', `${option} '${text}' is not NAME=VALUE, e.g. ${option} message=hello`);
  const name = text.slice(0, at);
  const value = text.slice(at + 1);
  if (value.startsWith('@@')) return [name, value.slice(1)];
  return [
    name,
    jsonOrText(value.startsWith('@') ? await readText(terminal, `${option} ${name}`, value.slice(1)) : value),
  ];
}

/** A JSON object given as an option: as text, as `@FILE`, or from standard input as `-`.
 *  @throws AttuneError malformed_json or bad_request, naming the option. */
async function readObject(terminal: Terminal, option: string, text: string): Promise<JsonObject> {
  const source = text.startsWith('@') || text === '-' ? await readText(terminal, option, text.replace(/^@/, '')) : text;
  let value: Json;
  try {
    value = parseJson(source);
  } catch (error) {
    throw new AttuneError('malformed_json', `${option} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (!isJsonObject(value))
    throw new AttuneError('bad_request', `${option} is not a JSON object, e.g. '{"message": "hello"}'`);
  return value;
}

export function jsonOrText(text: string): Json {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

async function readText(terminal: Terminal, option: string, path: string): Promise<string> {
  return (await readBytes(terminal, option, path)).toString('utf8');
}

/** The bytes of a file, or of standard input where the path is `-`.
 *  @throws AttuneError bad_request, naming the option and the file. */
export async function readBytes(terminal: Terminal, option: string, path: string): Promise<Buffer> {
  if (path === '-') return readAll(terminal.stdin);
  const full = resolve(terminal.folder, path);
  try {
    return await readFile(full);
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message;
    throw new AttuneError('bad_request', `${option}: cannot read ${full}: ${reason}`, { cause: error });
  }
}
