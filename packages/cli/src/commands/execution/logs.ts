import type { Id, Json } from '@attune/core';
import { Option, type Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { apiReader } from '../../connection/api-reader.ts';
import { executionId, idHelp } from '../../connection/latest.ts';
import { awaitEnd } from '../../follow/await-end.ts';
import { copyLogs } from '../../follow/copy-logs.ts';
import { logTail } from '../../follow/log-tail.ts';
import { logStreams, type LogStream, type Reader } from '../../follow/reader.ts';
import { tellTaskLogs } from '../../follow/tell-task-logs.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

interface Options {
  follow?: true;
  stream?: LogStream;
}

export function executionLogsCommand(execution: Command, cli: Cli): void {
  const command = execution
    .command('logs')
    .description(
      'Print what an execution wrote, each stream to its own; of a workflow what its tasks wrote, line by line',
    )
    .argument('<id>', idHelp)
    .option('-f, --follow', 'go on until it has ended')
    .addOption(new Option('--stream <stream>', 'only this stream').choices(logStreams))
    .action(
      cli.action(async (run, given: string, options: Options) => {
        const { client } = await connect(run);
        const reader = apiReader(client);
        const id = await executionId(client, given);
        const streams = options.stream === undefined ? logStreams : [options.stream];
        const isFollowed = options.follow === true;
        const { terminal } = run;
        if (run.format !== 'table') {
          if (isFollowed)
            await awaitEnd(
              (one) => reader.execution(one),
              id,
              terminal.interrupted,
              () => undefined,
            );
          const logs = await wholeLogs(reader, id, streams);
          await run.show(logs, () => '');
          return 0;
        }
        const found = await reader.execution(id);
        if (found.workflow_execution === null) await copyLogs(reader, id, streams, terminal, isFollowed);
        else await tellTaskLogs(reader, id, streams, terminal, isFollowed);
        return 0;
      }),
    );
  withExamples(
    command,
    'attune execution logs latest',
    'attune execution logs latest --follow',
    'attune execution logs latest --stream stderr',
  );
}

/** For programs: each stream of each execution that wrote one, whole. */
async function wholeLogs(reader: Reader, root: Id, streams: readonly LogStream[]): Promise<Json> {
  const writing = (await reader.tree(root)).filter((one) => one.workflow_execution === null);
  const logs = writing.flatMap((one) =>
    streams.map(async (stream) => ({
      execution: one.id,
      task_name: one.workflow_task?.task_name ?? null,
      stream,
      text: await logTail(reader, one.id, stream).read(),
    })),
  );
  return Promise.all(logs);
}
