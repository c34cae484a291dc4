import type { AttuneClient, Execution } from '@attune/client';
import type { Id } from '@attune/core';
import { apiReader } from '../connection/api-reader.ts';
import type { WaitOptions } from '../input/wait-options.ts';
import { safeLine } from '../output/safe-text.ts';
import { waitingText } from '../output/waiting.ts';
import { writeLine } from '../output/write.ts';
import type { Run } from '../run.ts';
import type { Terminal } from '../terminal.ts';
import { awaitEnd } from './await-end.ts';
import { liveWatcher } from './live-watcher.ts';
import { withPatience } from './patience.ts';
import { plainWatcher } from './plain-watcher.ts';
import { progressLine } from './progress-line.ts';
import { watch, type Watcher } from './watch.ts';

const monotonic = () => performance.now();

/** Waits until an execution has ended, as the options say, and returns it as it ended. Progress goes to standard error.
 *  @throws StoppedWaiting */
export function awaitExecution(run: Run, client: AttuneClient, id: Id, options: WaitOptions): Promise<Execution> {
  const goesOn = `Execution ${id} goes on; 'npx attune execution show ${id}' shows how it stands`;
  const look = async (one: Id) => (await client.getExecution({ path: { id: one } })).data;
  return withPatience(run.terminal, options.timeout, goesOn, async (signal) => {
    if (options.watch === true) {
      await watch(apiReader(client), id, signal, watcherFor(run.terminal));
      return look(id);
    }
    const line = progressLine(run.terminal, monotonic);
    try {
      return await awaitEnd(look, id, signal, (one) =>
        line.say(`${safeLine(one.action_ref)} #${one.id} ${[one.status, waitingText(one)].filter(Boolean).join(', ')}`),
      );
    } finally {
      line.end();
    }
  });
}

/** A live list on a terminal, plain lines elsewhere. */
const watcherFor = (terminal: Terminal): Watcher =>
  terminal.stderr.isTTY === true
    ? liveWatcher(terminal, monotonic)
    : plainWatcher((line) => writeLine(terminal.stderr, line));
