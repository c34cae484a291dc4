import { AttuneError } from '@attune/core';
import { openDatabase, sql } from '../database.ts';
import { status } from '../migrate.ts';
import { rules } from './rules.ts';

/** One rule and what breaks it. */
export interface Verdict {
  rule: string;
  /** The first of what breaks it; empty while it holds. */
  offenders: string[];
  /** There are more than `offenders` names. */
  more: boolean;
}

/** Most offenders that are told of one rule. */
const limit = 20;

/** Checks the live data of a consolidated database against the rules of the consolidation. Reads one snapshot, changes nothing
 *  and locks nothing that work needs.
 *  @throws AttuneError `migration_refused` where the consolidation is still pending. */
export async function verify(url: string): Promise<Verdict[]> {
  const states = await status(url);
  const applied = (version: string) =>
    states.some(({ name, applied_at }) => name.startsWith(version) && applied_at !== null);
  if (!applied('20260127212500')) {
    throw new AttuneError('migration_refused', 'The consolidation is not applied yet: run `attune db migrate` first.');
  }
  const db = openDatabase(url, { max: 1, applicationName: 'attune verify' });
  try {
    return await db.transaction(async (tx) => {
      await tx.run(sql`set transaction isolation level repeatable read, read only`);
      const verdicts: Verdict[] = [];
      for (const { name, offenders } of rules) {
        const rows = await tx.list<{ offender: string }>(sql`select * from (${offenders}) found limit ${limit + 1}`);
        const named = rows.map(({ offender }) => offender);
        verdicts.push({ rule: name, offenders: named.slice(0, limit), more: named.length > limit });
      }
      return verdicts;
    });
  } finally {
    await db.close();
  }
}
