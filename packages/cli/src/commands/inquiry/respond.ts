import { AttuneError, parseJson, type Json } from '@attune/core';
import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { idHelp, inquiryId } from '../../connection/latest.ts';
import { collect } from '../../input/pairs.ts';
import { readBytes, readParams } from '../../input/params.ts';
import type { Cli } from '../../run.ts';
import type { Terminal } from '../../terminal.ts';
import { withExamples } from '../help.ts';

interface Options {
  param?: string[];
  response?: string;
}

export function inquiryRespondCommand(inquiry: Command, cli: Cli): void {
  const command = inquiry
    .command('respond')
    .description('Answer an inquiry; the first answer counts, and what had asked goes on')
    .argument('<id>', idHelp)
    .option(
      '--param <name=value>',
      'one field of the answer: JSON where it parses, else text; @FILE reads a file (repeat)',
      collect,
    )
    .option('--response <json>', 'the whole answer as JSON; @FILE reads a file, - standard input')
    .action(
      cli.action(async (run, given: string, options: Options) => {
        const { client } = await connect(run);
        const id = await inquiryId(client, given);
        const response = await readResponse(run.terminal, options);
        const answered = (await client.respondToInquiry({ path: { id }, body: { response } })).data;
        await run.show(answered, () => `Inquiry ${id} is answered`);
        return 0;
      }),
    );
  withExamples(
    command,
    'attune inquiry respond latest --param go=true --param note="after lunch"',
    `attune inquiry respond latest --response '{"go": true}'`,
  );
}

/** Single fields make an object, and replace those of the whole; the whole alone may be any JSON value.
 *  @throws AttuneError bad_request or malformed_json, naming the option. */
async function readResponse(terminal: Terminal, { param, response }: Options): Promise<Json> {
  if (response === undefined && param === undefined) {
    throw new AttuneError('bad_request', 'Say the answer with --param NAME=VALUE or --response JSON');
  }
  const option = '--response';
  if (param !== undefined || response === undefined) {
    return readParams(terminal, { param, whole: response, wholeOption: option });
  }
  const isElsewhere = response.startsWith('@') || response === '-';
  const text = isElsewhere
    ? (await readBytes(terminal, option, response.replace(/^@/, ''))).toString('utf8')
    : response;
  try {
    return parseJson(text);
  } catch (error) {
    throw new AttuneError('malformed_json', `${option} is not JSON: ${(error as Error).message}; a text needs quotes`, {
      cause: error,
    });
  }
}
