import { AttuneError } from '@attune/core';
import { sql, type Kysely, type Migration, type MigrationProvider } from 'kysely';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { lineAt, statementsOf, type ScriptStatement } from './sql-script.ts';

/** The migrations beside this package, whether it runs from its sources, its build or a bundle elsewhere. */
export const migrationFolder = path.join(
  path.dirname(createRequire(import.meta.url).resolve('@attune/db/package.json')),
  'migrations',
);

/** Told after each statement, inside the migration's transaction. */
export type AfterStatement = (db: Kysely<unknown>, file: string, line: number) => Promise<void>;

/** Migrations as plain SQL: `YYYYMMDDHHMMSS_name.sql` with its `..._name.down.sql` beside it, so that `psql -1 -f` runs one too. */
export function migrationFiles(folder: string, afterStatement?: AfterStatement): MigrationProvider {
  return {
    async getMigrations() {
      const files = await readdir(folder);
      const ups = files.filter((file) => /^\d{14}_\w+\.sql$/.test(file)).sort();
      return Object.fromEntries(
        ups.map((up): [string, Migration] => {
          const name = up.slice(0, -'.sql'.length);
          const run = (file: string) => (db: Kysely<unknown>) => runFile(db, folder, file, afterStatement);
          return [name, { up: run(up), down: run(`${name}.down.sql`) }];
        }),
      );
    },
  };
}

async function runFile(
  db: Kysely<unknown>,
  folder: string,
  file: string,
  afterStatement: AfterStatement | undefined,
): Promise<void> {
  const script = await readFile(path.join(folder, file), 'utf8');
  for (const statement of statementsOf(script)) {
    try {
      await sql.raw(statement.text).execute(db);
    } catch (error) {
      throw located(error, file, statement);
    }
    await afterStatement?.(db, file, statement.line);
  }
}

/** The error with its place: the very character where PostgreSQL names it, else the statement's first line. */
function located(error: unknown, file: string, statement: ScriptStatement): unknown {
  if (!(error instanceof Error)) return error;
  const { position, detail, hint } = error as Error & { position?: string; detail?: string; hint?: string };
  const before = position === undefined ? '' : statement.text.slice(0, Number(position) - 1);
  const line = statement.line + lineAt(before, before.length) - 1;
  const message = [error.message, detail, hint].filter((part) => part !== undefined).join('. ');
  return new AttuneError('migration_refused', `${file}:${line}: ${message}`, {
    details: [{ message, file, line }],
    cause: error,
  });
}
