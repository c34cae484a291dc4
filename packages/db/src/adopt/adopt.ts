import { AttuneError } from '@attune/core';
import { sql, type Tx } from '../database.ts';
import { foundingStatements } from './founding.ts';
import { survey, type Survey } from './survey.ts';

/** Makes the founding layout of an old database, in the caller's transaction.
 *  @throws AttuneError `migration_refused` with what cannot be taken over. */
export async function adopt(tx: Tx): Promise<void> {
  const found = await survey(tx);
  if (found === undefined) throw new Error('There is nothing to adopt');
  assertAdoptable(found);
  const { plan, schema } = found;
  await tx.run(sql`
    select set_config('lock_timeout', coalesce(nullif(current_setting('attune.lock_timeout', true), ''), '5s'), true)`);
  const statements = await foundingStatements();

  if (schema === 'public') {
    await tx.run(sql`create schema if not exists attune`);
    for (const { kind, name } of statements) {
      const isMissing = plan.missingTypes.has(name) || plan.missingTables.has(name);
      if ((kind !== 'type' && kind !== 'table') || isMissing) continue;
      if (kind === 'table' && found.consolidated && name === 'workflow_task_execution') continue;
      await tx.list(sql`alter ${sql.raw(kind)} ${sql.id('public', name)} set schema attune`);
    }
    await tx.run(sql`alter view if exists public.workflow_task_detail set schema attune`);
  }
  for (const { table, trigger } of plan.dropTriggers) {
    await tx.list(sql`drop trigger ${sql.id(trigger)} on ${sql.id('attune', table)}`);
  }
  for (const { table, drop, add } of plan.replaceChecks) {
    for (const name of drop) await tx.list(sql`alter table ${sql.id('attune', table)} drop constraint ${sql.id(name)}`);
    await tx.list(sql`
      alter table ${sql.id('attune', table)} add constraint ${sql.id(add.name)} check (${sql.raw(add.condition)})`);
  }
  for (const { kind, name, text } of statements) {
    const isMissing = kind === 'type' ? plan.missingTypes.has(name) : plan.missingTables.has(name);
    if (isMissing) await tx.list(sql.raw(text));
  }
  for (const { table, reference } of plan.addReferences) {
    const [, column, target, action] = /^(\w+) > (\w+) (.+)$/.exec(reference) ?? [];
    if (column === undefined || target === undefined || action === undefined)
      throw new Error(`Not a reference: ${reference}`);
    await tx.list(sql`
      alter table ${sql.id('attune', table)} add foreign key (${sql.id(column)}) references ${sql.id('attune', target)}
      on delete ${sql.raw(action)}`);
  }
}

/** @throws AttuneError `migration_refused` naming everything that cannot be taken over. */
export function assertAdoptable({ plan }: Survey): void {
  const refused = plan.differences.filter(({ kind }) => kind === 'refused');
  if (refused.length === 0) return;
  throw new AttuneError(
    'migration_refused',
    `This database cannot be adopted; nothing was changed:\n${refused.map(({ message }) => `  ${message}`).join('\n')}`,
    { details: refused.map(({ message }) => ({ message })) },
  );
}
