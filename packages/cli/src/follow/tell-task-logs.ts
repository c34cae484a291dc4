import { isFinal, type Id } from '@attune/core';
import { safeLine } from '../output/safe-text.ts';
import { taskName } from '../output/task-name.ts';
import { writeLine } from '../output/write.ts';
import type { Terminal } from '../terminal.ts';
import { paced } from './pace.ts';
import type { LogStream, Reader } from './reader.ts';
import { taskLogs } from './task-logs.ts';

/** Prints what the tasks of a workflow wrote, each line with its task; when followed, until the workflow has ended. */
export async function tellTaskLogs(
  reader: Reader,
  id: Id,
  streams: readonly LogStream[],
  terminal: Terminal,
  isFollowed: boolean,
): Promise<void> {
  const logs = taskLogs(reader);
  const pace = paced(terminal.interrupted);
  for (;;) {
    const executions = await reader.tree(id);
    const lines = (await logs.read(executions)).filter(({ stream }) => streams.includes(stream));
    for (const { execution, text } of lines) {
      await writeLine(terminal.stdout, `${safeLine(taskName(execution))} | ${safeLine(text)}`);
    }
    const root = executions.find((one) => one.id === id);
    if (!isFollowed || root === undefined || isFinal(root.status)) return;
    if (lines.length > 0) pace.reset();
    await pace.next();
  }
}
