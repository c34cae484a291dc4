import { AttuneError, type Json } from '@attune/core';
import type { AttuneClient, Key } from '@attune/client';
import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { given } from '../../connection/given.ts';
import { readJson, readValue, withValueOptions, type ValueOptions } from '../../input/value.ts';
import type { Cli } from '../../run.ts';
import type { Terminal } from '../../terminal.ts';
import { withExamples } from '../help.ts';
import { findKey, nameOf, readOwner, withOwner, type Owner, type OwnerOptions } from './owner.ts';

interface Options extends OwnerOptions, ValueOptions {
  plain?: true;
  asJson?: true;
}

export function keySetCommand(key: Command, cli: Cli): void {
  const command = withValueOptions(
    withOwner(
      key
        .command('set')
        .description(
          'Make a key or set its value; the value is asked for, or comes by --stdin or --file, for arguments can be seen by others',
        )
        .argument('<name>', 'what expressions call it: keystore.NAME')
        .argument('[value]', 'the value; only with --plain'),
    ),
  )
    .option('--plain', 'no secret: the value is kept and shown in clear')
    .option('--as-json', 'the value is JSON, not a text')
    .action(
      cli.action(async (run, name: string, argument: string | undefined, options: Options) => {
        const owner = readOwner(options.owner);
        const value = await valueOf(run.terminal, name, argument, options);
        const { client } = await connect(run);
        const set = await setKey(client, name, owner, { value, encrypted: options.plain !== true });
        await run.show(set, () => `Key ${name} of ${nameOf(owner)} is set`);
        return 0;
      }),
    );
  withExamples(
    command,
    'attune key set api_key --owner pack:github --file api-key.txt',
    'attune key set smtp --as-json --file smtp.json',
    'attune key set region eu-1 --plain',
  );
}

async function valueOf(
  terminal: Terminal,
  name: string,
  argument: string | undefined,
  options: Options,
): Promise<Json> {
  if (argument !== undefined && options.plain !== true) {
    throw new AttuneError(
      'bad_request',
      'A secret must not be an argument: others see it in the list of processes, and the shell keeps it. Give it with --stdin or --file; with --plain it is no secret',
    );
  }
  if (argument !== undefined && (options.stdin === true || options.file !== undefined)) {
    throw new AttuneError('bad_request', 'The value is given twice: as an argument, and with --stdin or --file');
  }
  const text = argument ?? (await readValue(terminal, options, name));
  return options.asJson === true ? readJson(text, name) : text;
}

/** Somebody else may make the key in between, so making it is tried before and setting it after. */
async function setKey(
  client: AttuneClient,
  name: string,
  owner: Owner,
  body: { value: Json; encrypted: boolean },
): Promise<Key> {
  const known = await findKey(client, name, owner);
  if (known !== undefined) return (await client.setKey({ path: { ref: known.ref }, body })).data;
  try {
    const { owner_type } = owner;
    return (await client.createKey({ body: { ...body, name, owner_type, ...given({ owner: owner.owner }) } })).data;
  } catch (error) {
    const made =
      error instanceof AttuneError && error.code === 'conflict' ? await findKey(client, name, owner) : undefined;
    if (made === undefined) throw error;
    return (await client.setKey({ path: { ref: made.ref }, body })).data;
  }
}
