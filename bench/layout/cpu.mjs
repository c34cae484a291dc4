import { readFile } from 'node:fs/promises';

/** Seconds of processor that the processes have had, which a busy machine does not change as it changes the time on the clock;
 *  0 where it is not known: not on Linux, or on another machine. */
export async function processorSeconds(pids) {
  try {
    const texts = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/schedstat`, 'utf8')));
    return texts.reduce((sum, text) => sum + Number(text.split(' ')[0]) / 1e9, 0);
  } catch {
    return 0;
  }
}
