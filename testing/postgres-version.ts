import { platformPackage } from '@attune/db/embedded';
import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

/** The package whose PostgreSQL the tests run on: ATTUNE_TEST_POSTGRES=15 asks for the oldest version that is supported, which is
 *  installed beside this file at its first use; undefined means the version that Attune brings. */
export async function postgresPackage(): Promise<string | undefined> {
  const wanted = process.env.ATTUNE_TEST_POSTGRES ?? '';
  if (wanted === '' || wanted === '18') return undefined;
  if (wanted !== '15') throw new Error(`ATTUNE_TEST_POSTGRES is ${wanted}; it may be 15 or 18`);
  const folder = path.join(import.meta.dirname, 'pg15');
  const installed = path.join(folder, 'node_modules', platformPackage);
  if (
    !(await access(installed).then(
      () => true,
      () => false,
    ))
  ) {
    await promisify(execFile)('npm', ['ci', '--prefix', folder, '--no-workspaces'], { cwd: folder });
  }
  return installed;
}
