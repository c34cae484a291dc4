import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { given } from '../../connection/given.ts';
import { executionId, idHelp } from '../../connection/latest.ts';
import { awaitExecution } from '../../follow/await-execution.ts';
import { collect } from '../../input/pairs.ts';
import { readParams } from '../../input/params.ts';
import { withWaiting, type WaitOptions } from '../../input/wait-options.ts';
import { rerunLines } from '../../output/rerun.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';
import { showExecution } from '../show-execution.ts';

interface Options extends WaitOptions {
  from?: string;
  failed?: true;
  resetItems?: true;
  latest?: true;
  param?: string[];
  paramsJson?: string;
  idempotencyKey?: string;
}

export function executionRerunCommand(execution: Command, cli: Cli): void {
  const command = withWaiting(
    execution
      .command('rerun')
      .description(
        'Run an execution again that has ended, with its parameters and definition: the whole, or from a task on',
      )
      .argument('<id>', idHelp)
      .option(
        '--from <task>',
        'begin with this task, and take over what was before or beside it; outer.inner if nested',
      )
      .option('--failed', 'begin with what failed, and take over everything else')
      .option('--reset-items', 'run the completed items of the tasks it begins with again, too')
      .option('--latest', 'use the newest definitions instead of those it ran with')
      .option(
        '--param <name=value>',
        'change one parameter: JSON where it parses, else text; @FILE reads a file (repeat)',
        collect,
      )
      .option('--params-json <json>', 'change these parameters, a JSON object; @FILE reads a file, - standard input')
      .option('--idempotency-key <key>', 'the same key within 24 h gives the same execution'),
  ).action(
    cli.action(async (run, id: string, options: Options) => {
      const parameters = await readParams(run.terminal, {
        param: options.param,
        whole: options.paramsJson,
        wholeOption: '--params-json',
      });
      const { client } = await connect(run);
      const { data: made } = await client.rerunExecution({
        path: { id: await executionId(client, id) },
        body: {
          ...given({
            from: options.from,
            failed: options.failed,
            reset_items: options.resetItems,
            latest: options.latest,
          }),
          parameters,
        },
        headers: given({ 'idempotency-key': options.idempotencyKey }),
      });
      const isAwaited = options.wait === true || options.watch === true;
      const shown = isAwaited ? await awaitExecution(run, client, made.id, options) : made;
      if (run.format === 'table' && (options.from !== undefined || options.failed === true)) {
        const { workflow } = (await client.explainExecution({ path: { id: made.id } })).data;
        for (const line of rerunLines(workflow?.tasks ?? [], run.paint)) await run.remark(line);
      }
      return showExecution(run, shown, isAwaited);
    }),
  );
  withExamples(
    command,
    'attune execution rerun latest',
    'attune execution rerun latest --from check --param code=0 --watch',
    'attune execution rerun latest --failed --latest',
  );
}
