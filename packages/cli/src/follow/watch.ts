import { isFinal, type Id } from '@attune/core';
import { paced } from './pace.ts';
import type { Reader, SeenExecution } from './reader.ts';
import { taskLogs, type LogLine } from './task-logs.ts';

/** Shows an execution and all below it while it runs. */
export interface Watcher {
  /** How all stand, each after its parent, and the log lines that came since the last look. */
  look(executions: readonly SeenExecution[], lines: readonly LogLine[]): Promise<void> | void;
  end(): Promise<void> | void;
}

/** Watches an execution and all below it until it has ended.
 *  @throws the signal's reason when it is aborted first. */
export async function watch(reader: Reader, id: Id, signal: AbortSignal, watcher: Watcher): Promise<void> {
  const logs = taskLogs(reader);
  const pace = paced(signal);
  let before = '';
  try {
    for (;;) {
      const executions = await reader.tree(id);
      const lines = await logs.read(executions);
      await watcher.look(executions, lines);
      const root = executions.find((one) => one.id === id);
      if (root === undefined || isFinal(root.status)) return;
      const now = executions.map((one) => `${one.id} ${one.status}`).join();
      if (now !== before || lines.length > 0) pace.reset();
      before = now;
      await pace.next();
    }
  } finally {
    await watcher.end();
  }
}
