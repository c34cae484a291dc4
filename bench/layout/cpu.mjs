import { readFileSync } from 'node:fs';

/** Seconds of processor that the servers of these connections have had so far, which a busy machine does not change as it changes
 *  the time on the clock; 0 where it is not known: not on Linux, or on another machine. */
export function processorSeconds(clients) {
  if (clients.some(({ host }) => host !== '127.0.0.1' && host !== 'localhost')) return 0;
  try {
    return clients.reduce((sum, { processID }) => sum + nanosecondsOf(processID), 0) / 1e9;
  } catch {
    return 0;
  }
}

// (not awaited: on a busy machine the way through another thread takes longer than what is measured)
function nanosecondsOf(pid) {
  const name = readFileSync(`/proc/${pid}/comm`, 'utf8');
  if (name.trim() !== 'postgres') throw new Error(`process ${pid} is no server`);
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]);
}
