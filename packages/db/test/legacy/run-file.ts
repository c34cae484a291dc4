import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { migrationFolder } from '../../src/migration-files.ts';

export const baseline = '20260101000000_baseline';
export const consolidation = '20260127212500_consolidate_workflow_task_execution';

export const scriptOf = (file: string): Promise<string> => readFile(path.join(migrationFolder, file), 'utf8');

/** Settings of the session that runs a script. */
export interface SessionSettings {
  TimeZone?: string;
  DateStyle?: string;
  /** As `attune.lock_timeout`. */
  lockTimeout?: string;
  statement_timeout?: string;
}

/** Runs a script in one transaction, as `psql -1 -f` does.
 *  @returns the notifications that its commit sent on the old system's channel. */
export async function runScript(url: string, script: string, settings: SessionSettings = {}): Promise<string[]> {
  const { lockTimeout, ...plain } = settings;
  const all = Object.entries({
    ...plain,
    ...(lockTimeout === undefined ? {} : { 'attune.lock_timeout': lockTimeout }),
  });
  const options = all.map(([name, value]) => `-c ${name}=${value.replaceAll(' ', '\\ ')}`).join(' ');
  const client = new pg.Client({ connectionString: url, options });
  const heard: string[] = [];
  client.on('notification', ({ payload }) => heard.push(payload ?? ''));
  await client.connect();
  try {
    await client.query('listen attune_notifications');
    await client.query(`begin; ${script}; commit`);
    await client.query('select 1'); // what the commit sent has arrived with this answer
    return heard;
  } finally {
    await client.end();
  }
}
