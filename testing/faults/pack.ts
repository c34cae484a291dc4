import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.ts';

const folder = join(root, 'testing', 'faults', 'pack');

/** The body of a request that registers the pack of the load.
 *  @param note makes the content another one, and the revision. */
export const packBody = (note: string) => ({
  force: true,
  files: [
    { path: 'README.md', mode: 0o644, content_base64: Buffer.from(`${note}\n`).toString('base64') },
    ...readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => statSync(join(folder, path)).isFile())
      .sort()
      .map((path) => ({
        path,
        mode: path.endsWith('.sh') ? 0o755 : 0o644,
        content_base64: readFileSync(join(folder, path)).toString('base64'),
      })),
  ],
});
