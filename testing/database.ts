import { openDatabase, sql, type Database, type DatabaseOptions } from '@attune/db';
import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';

/** A database of the test's own. */
export interface TestDatabase extends AsyncDisposable {
  db: Database;
  url: string;
  /** Another handle with connections of its own, as a second process would have; closed with the database. */
  open(options?: DatabaseOptions): Database;
}

/** A migrated, empty database: a clone of the run's template, dropped when disposed of (`await using`). About 0.1 s. */
export const freshDatabase = (): Promise<TestDatabase> => cloneOf(new URL(inject('templateUrl')).pathname.slice(1));

/** A database with nothing in it, not even migrations. */
export const emptyDatabase = (): Promise<TestDatabase> => cloneOf('template0');

async function cloneOf(template: string): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  // copying files is quicker than writing every block through the log: no checkpoint waits for a disk here
  await administer(`create database ${name} template ${template} strategy file_copy`);
  const url = new URL(inject('templateUrl'));
  url.pathname = `/${name}`;
  const handles: Database[] = [];
  const open = (options: DatabaseOptions = {}) => {
    const handle = openDatabase(url.href, options);
    handles.push(handle);
    return handle;
  };
  return {
    db: open(),
    url: url.href,
    open,
    async [Symbol.asyncDispose]() {
      await Promise.all(handles.map((handle) => handle.close()));
      await administer(`drop database ${name} with (force)`);
    },
  };
}

async function administer(statement: string): Promise<void> {
  const url = new URL(inject('templateUrl'));
  url.pathname = '/postgres';
  const database = openDatabase(url.href, { max: 1 });
  try {
    await database.run(sql.raw(statement));
  } finally {
    await database.close();
  }
}
