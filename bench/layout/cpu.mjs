import { readFile } from 'node:fs/promises';

/** Seconds of processor that the servers of these connections have had so far, which a busy machine does not change as it changes
 *  the time on the clock; 0 where it is not known: not on Linux, or on another machine. */
export async function processorSeconds(clients) {
  if (clients.some(({ host }) => host !== '127.0.0.1' && host !== 'localhost')) return 0;
  try {
    const times = await Promise.all(clients.map(({ processID }) => nanosecondsOf(processID)));
    return times.reduce((sum, time) => sum + time, 0) / 1e9;
  } catch {
    return 0;
  }
}

async function nanosecondsOf(pid) {
  const name = await readFile(`/proc/${pid}/comm`, 'utf8');
  if (name.trim() !== 'postgres') throw new Error(`process ${pid} is no server`);
  return Number((await readFile(`/proc/${pid}/schedstat`, 'utf8')).split(' ')[0]);
}
