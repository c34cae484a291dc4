import { asFlatSchema, AttuneError, secretPaths, type FlatSchema, type Json } from '@attune/core';
import type { Command } from 'commander';
import { connect } from '../../../connection/api.ts';
import { jsonOrText } from '../../../input/params.ts';
import { readValue, withValueOptions, type ValueOptions } from '../../../input/value.ts';
import type { Cli } from '../../../run.ts';
import type { Terminal } from '../../../terminal.ts';
import { withExamples } from '../../help.ts';
import { formatConfig } from './show.ts';

export function packConfigSetCommand(config: Command, cli: Cli): void {
  const command = withValueOptions(
    config
      .command('set')
      .description('Set one value; a secret is asked for, or comes by --stdin or --file')
      .argument('<pack>', 'ref of the pack')
      .argument('<name>', 'name of the value')
      .argument('[value]', 'the value, unless it is a secret; JSON where it is to be anything but a text'),
  ).action(
    cli.action(async (run, ref: string, name: string, argument: string | undefined, options: ValueOptions) => {
      const { client } = await connect(run);
      const schema = asFlatSchema((await client.getPackConfig({ path: { ref } })).data.conf_schema);
      const value = await valueOf(run.terminal, schema, name, argument, options);
      const changed = (await client.changePackConfig({ path: { ref }, body: { [name]: value } })).data;
      await run.show(changed, () => formatConfig(changed, run.paint));
      return 0;
    }),
  );
  withExamples(
    command,
    'attune pack config set my_pack station south-pier',
    'attune pack config set my_pack api_key --file api-key.txt',
  );
}

async function valueOf(
  terminal: Terminal,
  schema: FlatSchema,
  name: string,
  argument: string | undefined,
  options: ValueOptions,
): Promise<Json> {
  if (argument !== undefined && secretPaths(schema).some(([first]) => first === name)) {
    throw new AttuneError(
      'bad_request',
      `"${name}" is secret and must not be an argument: others see it in the list of processes, and the shell keeps it. Give it with --stdin or --file`,
    );
  }
  const text = argument ?? (await readValue(terminal, options, name));
  const { type } = (Object.hasOwn(schema, name) ? schema[name] : undefined) ?? {};
  // what is to be a text is one, whatever it looks like
  return type === 'string' ? text : jsonOrText(text);
}
