import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emptyDatabase, type TestDatabase } from '../../../testing/database.ts';
import { openDatabase, sql } from '../src/database.ts';
import { migrate } from '../src/migrate.ts';
import { faultsAfterRollback, faultsAfterUpgrade } from './legacy/checks.ts';
import { generateLegacy } from './legacy/generate.ts';
import { blindly, mutants, type Mutant } from './legacy/mutants.ts';
import { observe, type Observed } from './legacy/observe.ts';
import { baseline, consolidation, runScript, scriptOf } from './legacy/run-file.ts';

// Are the checks worth anything? Each wrong version of the migration has to be found by them, and the right one must not be.

const legacy = generateLegacy(21, 30);
const right = { up: await scriptOf(`${consolidation}.sql`), down: await scriptOf(`${consolidation}.down.sql`) };
let old: TestDatabase;
let before: Observed;

beforeAll(async () => {
  old = await emptyDatabase();
  await migrate(old.url, { to: baseline });
  await old.db.list(sql.raw(legacy.script));
  before = await observe(old.db);
  await old.db.close(); // a template has no visitors
});

afterAll(async () => {
  await administer(`drop database ${nameOf(old.url)} with (force)`);
});

test('the right version has no fault', async () => {
  expect(await faultsOf(right)).toEqual([]);
});

test('nor has it one without reading back', async () => {
  const blind: Mutant = { name: 'blind', file: 'up', changes: blindly };
  expect(await faultsOf({ ...right, up: mutate(right.up, blind) })).toEqual([]);
});

test.each(mutants)('found: $name ($file)', async (mutant) => {
  const faults = await faultsOf({ ...right, [mutant.file]: mutate(right[mutant.file], mutant) });
  expect(faults).not.toEqual([]);
  // it has to be wrong SQL that runs, not text that PostgreSQL cannot read
  expect(faults.join('\n')).not.toMatch(/syntax error|end of input|unexpected end/);
});

function mutate(script: string, mutant: Mutant): string {
  return mutant.changes.reduce((text, [from, to]) => {
    const changed = text.replaceAll(typeof from === 'string' ? from : new RegExp(from, 'g'), () => to);
    if (changed === text && from !== to)
      throw new Error(`${mutant.name}: the migration does not contain ${String(from)}`);
    return changed;
  }, script);
}

/** Up, again, and back on a copy of the old database; what is wrong with it. A version that stops with an error has one. */
async function faultsOf({ up, down }: { up: string; down: string }): Promise<string[]> {
  const settings = { TimeZone: 'America/Chicago', lockTimeout: '100ms', statement_timeout: '2s' };
  const url = await copyOf(old.url);
  const db = openDatabase(url);
  try {
    // somebody reads: it has to give up in time
    await db.transaction(async (tx) => {
      await tx.run(sql`select from workflow_execution limit 1`);
      await expectError(runScript(url, up, settings), /lock timeout/);
    });
    // somebody else's view: it has to stop
    await db.list(sql.raw('create view public.report as select * from attune.workflow_task_execution'));
    await expectError(runScript(url, up, settings), /public\.report/);
    await db.list(sql.raw('drop view public.report'));

    const heard = await runScript(url, up, settings);
    if (heard.length > 0) return ['notifications were sent'];
    const after = await observe(db);
    const faults = await faultsAfterUpgrade(db, legacy, before, after);
    if (faults.length > 0) return faults;
    await runScript(url, up, settings);
    await runScript(url, down, settings);
    return faultsAfterRollback(before, await observe(db));
  } catch (error) {
    return [error instanceof Error ? error.message : 'failed'];
  } finally {
    await db.close();
    await administer(`drop database ${nameOf(url)} with (force)`);
  }
}

async function expectError(run: Promise<unknown>, named: RegExp): Promise<void> {
  const message = await run.then(
    () => 'it did not stop',
    (error: unknown) => (error instanceof Error ? error.message : 'failed'),
  );
  if (!named.test(message)) throw new Error(`Instead of ${String(named)}: ${message}`);
}

const nameOf = (url: string) => new URL(url).pathname.slice(1);

async function copyOf(url: string): Promise<string> {
  const copy = new URL(url);
  copy.pathname = `/test_${randomUUID().replaceAll('-', '')}`;
  await administer(`create database ${nameOf(copy.href)} template ${nameOf(url)} strategy file_copy`);
  return copy.href;
}

async function administer(statement: string): Promise<void> {
  const url = new URL(old.url);
  url.pathname = '/postgres';
  const admin = openDatabase(url.href, { max: 1 });
  try {
    await admin.run(sql.raw(statement));
  } finally {
    await admin.close();
  }
}
