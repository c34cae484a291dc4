import { readFileSync } from 'node:fs';

const isLinux = process.platform === 'linux';

/** Whether a process runs. One that has ended and that nobody has asked about yet does not, where the system tells. */
export function isAlive(pid: number): boolean {
  try {
    if (isLinux) return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
