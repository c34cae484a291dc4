// npm run schema: prints packages/db/schema.sql from the catalogs of a database that the migrations just made.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { migrate, openDatabase, schemaSnapshot } from '@attune/db';
import { startEmbedded } from '@attune/db/embedded';

const home = await mkdtemp(path.join(tmpdir(), 'attune-schema-'));
const server = await startEmbedded({ home, settings: { fsync: 'off' } });
try {
  await migrate(server.url);
  const db = openDatabase(server.url);
  await writeFile(path.join(import.meta.dirname, '../packages/db/schema.sql'), await schemaSnapshot(db));
  await db.close();
} finally {
  await server.stop();
  await rm(home, { recursive: true, force: true });
}
