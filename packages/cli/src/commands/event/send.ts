import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { given } from '../../connection/given.ts';
import { collect } from '../../input/pairs.ts';
import { readParams } from '../../input/params.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';
import { showOutcome, withOutcome, type OutcomeOptions } from '../outcome.ts';

interface Options extends OutcomeOptions {
  param?: string[];
  payload?: string;
  idempotencyKey?: string;
}

export function eventSendCommand(event: Command, cli: Cli): void {
  const command = withOutcome(
    event
      .command('send')
      .description('Record an event of a trigger')
      .argument('<trigger>', 'ref of the trigger')
      .option(
        '--param <name=value>',
        'one field of the payload: JSON where it parses, else text; @FILE reads a file (repeat)',
        collect,
      )
      .option('--payload <json>', 'the payload as a JSON object; @FILE reads a file, - standard input')
      .option('--idempotency-key <key>', 'the same key within 24 h gives the same event'),
  ).action(
    cli.action(async (run, trigger: string, options: Options) => {
      const payload = await readParams(run.terminal, {
        param: options.param,
        whole: options.payload,
        wholeOption: '--payload',
      });
      const { client } = await connect(run);
      const headers = given({ 'idempotency-key': options.idempotencyKey });
      const recorded = (await client.recordEvent({ body: { trigger_ref: trigger, payload }, headers })).data;
      return showOutcome(run, client, options, { id: recorded.id, trigger_ref: trigger, answer: recorded });
    }),
  );
  withExamples(
    command,
    'attune event send github.report_ready --payload @report.json',
    'attune event send github.report_ready --payload @report.json --param title=Other --wait',
  );
}
