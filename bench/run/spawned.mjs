import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { monotonicMs } from './clock.mjs';

const cleanEnvironment = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' };

/** Milliseconds from the start of a process with a clean environment, whose output is read, until it has ended. */
export function spawned(command, args) {
  return new Promise((resolve, reject) => {
    const started = monotonicMs();
    const child = spawn(command, args, { env: cleanEnvironment, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.resume();
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(monotonicMs() - started);
      else reject(new Error(`${command} ended with exit code ${code}`));
    });
  });
}

/** The Python that `python3` leads to, itself and no shim; undefined where there is none. */
export async function findPython() {
  try {
    const { stdout } = await promisify(execFile)('python3', ['-I', '-c', 'import sys; print(sys.executable)']);
    return stdout.trim();
  } catch {
    return undefined;
  }
}
