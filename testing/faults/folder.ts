import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryFolder extends AsyncDisposable {
  path: string;
}

/** A folder that is gone afterwards, also where the driver is ended at once. What then still writes to it is to be ended by exit listeners
 *  that were added before this one, or prepended. */
export async function temporaryFolder(prefix: string): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), prefix));
  const removal = { recursive: true, force: true, maxRetries: 10 };
  const removeNow = () => rmSync(path, removal);
  process.once('exit', removeNow);
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, removal);
      process.off('exit', removeNow);
    },
  };
}
