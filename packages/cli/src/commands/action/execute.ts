import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { given } from '../../connection/given.ts';
import { awaitExecution } from '../../follow/await-execution.ts';
import { withWaiting, type WaitOptions } from '../../input/wait-options.ts';
import { collect } from '../../input/pairs.ts';
import { readParams } from '../../input/params.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';
import { showExecution } from '../show-execution.ts';
import { withTextHints } from './text-hint.ts';

interface Options extends WaitOptions {
  param?: string[];
  paramsJson?: string;
  idempotencyKey?: string;
}

export function actionExecuteCommand(action: Command, cli: Cli): void {
  const command = withWaiting(
    action
      .command('execute')
      .alias('run')
      .description('Execute an action or a workflow; without --wait prints the new execution')
      .argument('<ref>', 'ref of the action')
      .option(
        '--param <name=value>',
        'one parameter: JSON where it parses, else text; @FILE reads a file (repeat)',
        collect,
      )
      .option('--params-json <json>', 'all parameters as a JSON object; @FILE reads a file, - standard input')
      .option('--idempotency-key <key>', 'the same key within 24 h gives the same execution'),
  ).action(
    cli.action(async (run, ref: string, options: Options) => {
      const parameters = await readParams(run.terminal, {
        param: options.param,
        whole: options.paramsJson,
        wholeOption: '--params-json',
      });
      const { client } = await connect(run);
      const headers = given({ 'idempotency-key': options.idempotencyKey });
      const asked = { single: options.param ?? [], parameters };
      const body = { action_ref: ref, parameters };
      const { data: created } = await client.createExecution({ body, headers }).catch(async (error: unknown) => {
        throw await withTextHints(client, ref, asked, error);
      });
      const isAwaited = options.wait === true || options.watch === true;
      const execution = isAwaited ? await awaitExecution(run, client, created.id, options) : created;
      return showExecution(run, execution, isAwaited);
    }),
  );
  withExamples(
    command,
    'attune action execute core.echo --param message=hello',
    'attune action execute core.echo --param message=hello --wait',
    'attune action execute core.sleep --param seconds=2 --watch --timeout 60',
    `attune action execute core.echo --params-json '{"message": "hello"}' --wait -o json`,
  );
}
