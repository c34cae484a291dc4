import { toldError, type ReceivedDelivery } from '@attune/client';
import { parseJson, type Json } from '@attune/core';
import type { Command } from 'commander';
import { anonymousFetch, connect } from '../../connection/api.ts';
import { collect, readHeaders } from '../../input/pairs.ts';
import { readBytes } from '../../input/params.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';
import { showOutcome, withOutcome, type OutcomeOptions } from '../outcome.ts';

interface Options extends OutcomeOptions {
  file: string;
  header?: string[];
}

export function webhookSendCommand(webhook: Command, cli: Cli): void {
  const command = withOutcome(
    webhook
      .command('send')
      .description("Sign a body with a trigger's secret and post it to its webhook; prints the event")
      .argument('<trigger>', 'ref of the trigger')
      .requiredOption('--file <body>', 'file with the raw body; - reads standard input')
      .option('--header <name=value>', 'a header to send with it (repeat)', collect),
  ).action(
    cli.action(async (run, trigger: string, options: Options) => {
      const body = await readBytes(run.terminal, '--file', options.file);
      const given = readHeaders(options.header ?? []);
      const { client } = await connect(run);
      const signed = (
        await client.signTriggerWebhook({ path: { ref: trigger }, body: { content_base64: body.toString('base64') } })
      ).data;
      const headers = { 'content-type': mediaTypeOf(body), ...given, ...signed.headers };
      const received = await post(signed.url, headers, body);
      return showOutcome(run, client, options, {
        id: received.event_id,
        trigger_ref: received.trigger_ref,
        answer: { ...received },
        note: received.repeated ? ' (this delivery came before: the same event)' : '',
      });
    }),
  );
  withExamples(
    command,
    'attune webhook send github.push --file push.json --header x-github-event=push',
    'attune webhook send github.push --file push.json --header x-github-event=push --wait --timeout 60',
  );
}

/** Sends exactly the bytes that were signed: no client in between may write them anew. */
async function post(url: string, headers: Record<string, string>, body: Buffer): Promise<ReceivedDelivery> {
  const send = anonymousFetch({ url, origin: "the trigger's webhook" });
  const response = await send(url, { method: 'POST', headers, body });
  const answer = readAnswer(await response.text());
  if (!response.ok) throw toldError(answer, response);
  return (answer as unknown as { data: ReceivedDelivery }).data;
}

function readAnswer(text: string): Json {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}

/** What the body is, where no header says it: a form begins with its field. */
const mediaTypeOf = (body: Buffer): string =>
  /^\s*payload=/.test(body.subarray(0, 100).toString('latin1'))
    ? 'application/x-www-form-urlencoded'
    : 'application/json';
