import type { FileMode, PackFiles } from '@attune/core';
import { sql, type Tx } from './database.ts';

/** The files of a pack revision; undefined where no such revision is kept. */
export async function filesOf(tx: Tx, packRevision: string): Promise<PackFiles | undefined> {
  const rows = await tx.many<{ path: string; mode: FileMode; content: Buffer }>(sql`
    select f.path, f.mode, b.content from pack_file f join pack_blob b on b.sha256 = f.sha256
    where f.pack_revision = ${packRevision} order by f.path`);
  if (rows.length === 0) return undefined;
  return new Map(rows.map(({ path, mode, content }) => [path, { mode, content }]));
}
