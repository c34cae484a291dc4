import { readdir, readFile } from 'node:fs/promises';

/** Processes of this machine that run attempts for the workers of a data folder, by id: their private HOME lies in it. Reads /proc;
 *  where there is none the answer is empty. */
export async function attemptProcesses(home: string): Promise<string[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      return environment.includes('ATTUNE_EXEC_ID=') && environment.includes(`HOME=${home}/`) ? [pid] : [];
    }),
  );
  return found.flat();
}
