import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { sql, type Tx } from '../database.ts';
import { migrationFolder } from '../migration-files.ts';
import { statementsOf } from '../sql-script.ts';
import { readLayout, type Layout } from './layout.ts';

/** The migration that makes the founding layout. */
export const baseline = '20260101000000_baseline';

const scratch = 'attune_founding';

/** One statement of the baseline and what it makes. */
export interface FoundingStatement {
  kind: 'schema' | 'type' | 'table' | 'index';
  /** Of the type or table; for an index, of its table. */
  name: string;
  text: string;
}

export async function foundingStatements(): Promise<FoundingStatement[]> {
  const script = await readFile(path.join(migrationFolder, `${baseline}.sql`), 'utf8');
  return statementsOf(script).map(({ text }) => {
    const made =
      /create (schema|type|table) (?:if not exists )?(?:attune\.)?(\w+)/.exec(text) ??
      /create (index) \w+ on attune\.(\w+)/.exec(text);
    if (made?.[1] === undefined || made[2] === undefined)
      throw new Error(`The baseline holds an unknown statement: ${text}`);
    return { kind: made[1] as FoundingStatement['kind'], name: made[2], text };
  });
}

/** What the baseline would have made here, to the letter: it is run in a schema of its own and then taken away again. */
export async function readFoundingLayout(tx: Tx): Promise<Layout> {
  const statements = await foundingStatements();
  const tables = statements.filter(({ kind }) => kind === 'table').map(({ name }) => name);
  await tx.run(sql`savepoint founding`);
  try {
    for (const { text } of statements) await tx.list(sql.raw(text.replaceAll(/\battune\b/g, scratch)));
    return await readLayout(tx, scratch, tables);
  } finally {
    await tx.run(sql`rollback to savepoint founding`);
  }
}
