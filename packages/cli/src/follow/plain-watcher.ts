import { isFinal, type Id } from '@attune/core';
import { between, formatDuration } from '../output/duration.ts';
import { safeLine } from '../output/safe-text.ts';
import { taskName } from '../output/task-name.ts';
import { waitingText } from '../output/waiting.ts';
import type { SeenExecution } from './reader.ts';
import type { Watcher } from './watch.ts';

/** One line for each change and each line of a log, for files and pipes: `12 read_commits: running`, `12 read_commits | ...`. */
export function plainWatcher(write: (line: string) => Promise<void>): Watcher {
  const told = new Map<Id, string>();
  const prefix = (execution: SeenExecution) => `${execution.id} ${safeLine(taskName(execution))}`;
  const tell = async (execution: SeenExecution) => {
    const mark = [execution.status, waitingText(execution)].join();
    if (told.get(execution.id) === mark) return;
    told.set(execution.id, mark);
    await write(`${prefix(execution)}: ${statusText(execution)}`);
  };
  return {
    async look(executions, lines) {
      const running = executions.filter((one) => !isFinal(one.status));
      const ended = executions.filter((one) => isFinal(one.status));
      // the last lines of what ended come before the word that it ended, and a parent ends after its children
      for (const execution of running) await tell(execution);
      for (const line of lines) await write(`${prefix(line.execution)} | ${safeLine(line.text)}`);
      for (const execution of ended.reverse().sort(byEnd)) await tell(execution);
    },
    end: () => undefined,
  };
}

const byEnd = (one: SeenExecution, other: SeenExecution): number =>
  (one.completed_at ?? '').localeCompare(other.completed_at ?? '');

function statusText(execution: SeenExecution): string {
  const ms = isFinal(execution.status) ? between(execution.started_at, execution.completed_at) : undefined;
  const waiting = waitingText(execution);
  const retry = execution.workflow_task?.next_retry_at ? ', will be retried' : '';
  return `${execution.status}${ms === undefined ? '' : ` after ${formatDuration(ms)}`}${waiting === undefined ? '' : `, ${waiting}`}${retry}`;
}
