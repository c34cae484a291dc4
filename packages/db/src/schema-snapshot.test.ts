import { sql } from './database.ts';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { emptyDatabase, freshDatabase } from '../../../testing/database.ts';
import { statementsOf } from './sql-script.ts';
import { schemaSnapshot } from './schema-snapshot.ts';

const committed = await readFile(new URL('../schema.sql', import.meta.url), 'utf8');

test('schema.sql is what the migrations make (npm run schema prints it anew)', async () => {
  await using database = await freshDatabase();
  expect(await schemaSnapshot(database.db)).toBe(committed);
});

test('schema.sql is SQL that makes the same schema', async () => {
  await using database = await emptyDatabase();
  for (const { text } of statementsOf(committed)) await database.db.list(sql.raw(text));
  const withoutComments = (text: string) => text.replace(/^--.*\n/gm, '');
  expect(withoutComments(await schemaSnapshot(database.db))).toBe(withoutComments(committed));
});
