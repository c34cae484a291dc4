import { readFileSync } from 'node:fs';

/** Milliseconds of processor that this process and the server process of its connection have had so far, which a busy machine does not
 *  change as it changes the time on the clock. Of a server elsewhere, or not on Linux, this process's alone. */
export function processorMilliseconds(serverPid) {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000 + serverMilliseconds(serverPid);
}

function serverMilliseconds(pid) {
  try {
    if (readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== 'postgres') return 0;
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return 0;
  }
}
