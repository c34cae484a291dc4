import type { Difference, MigrationState, Rehearsal, Verdict } from '@attune/db';

// What the commands `attune db ...` say, for people.

/** The migration that brought the 17 tables; going back before it brings the 18th again. */
const consolidation = '20260127212500';

export function migrationsText(names: readonly string[], done: 'applied' | 'taken back'): string {
  if (names.length === 0) {
    return done === 'applied' ? 'Nothing to apply: the database is up to date.' : 'Nothing to take back.';
  }
  const lines = [
    `${names.length} ${names.length === 1 ? 'migration' : 'migrations'} ${done}:`,
    ...names.map((name) => `  ${name}`),
  ];
  if (done === 'taken back' && names.some((name) => name.startsWith(consolidation))) lines.push('', discouraged);
  return lines.join('\n');
}

const discouraged = `The table workflow_task_execution is back, with its rows. Going back is possible and discouraged: with the second table, a task
is two rows again, whose status and result can disagree, and every query has to join them. This release of Attune needs the
later layout: run \`attune db migrate\` before you start it.`;

export function differencesText(differences: readonly Difference[]): string {
  const lines = ['This database was not made by our migrations. Compared with the founding layout:'];
  if (differences.length === 0) lines.push('  no difference');
  for (const kind of ['refused', 'repaired', 'harmless'] as const) {
    for (const found of differences) if (found.kind === kind) lines.push(`  ${kind.padEnd(8)}  ${found.message}`);
  }
  return `${lines.join('\n')}\n`;
}

export function verdictsText(verdicts: readonly Verdict[]): string {
  const lines = verdicts.flatMap(({ rule, offenders, more }) => [
    `${offenders.length === 0 ? 'holds ' : 'BROKEN'}  ${rule}`,
    ...offenders.map((offender) => `          ${offender}`),
    ...(more ? ['          and more'] : []),
  ]);
  const broken = verdicts.filter(({ offenders }) => offenders.length > 0).length;
  lines.push(
    '',
    broken === 0 ? `All ${verdicts.length} rules hold.` : `${broken} of ${verdicts.length} rules are broken.`,
  );
  return lines.join('\n');
}

export function rehearsalText(rehearsal: Rehearsal): string {
  const { copied, disk, tables } = rehearsal;
  const different = tables.filter((table) => table.different.length > 0);
  const slowest = rehearsal.steps.toSorted((a, b) => b.duration_ms - a.duration_ms).slice(0, 8);
  const lines = [
    `Rehearsed on a copy of ${copied.rows} rows in ${copied.tables} tables (copied in ${seconds(copied.duration_ms)}; it is gone again).`,
    ...rehearsal.left_out.map((name) => `Not on the copy: ${name}`),
    '',
    `${rehearsal.applied.length} migrations in ${seconds(rehearsal.duration_ms)}:`,
    ...rehearsal.applied.map((name) => `  ${name}`),
    '',
    'Longest steps:',
    ...slowest.map(({ file, line, duration_ms }) => `  ${seconds(duration_ms).padStart(9)}  ${file}:${line}`),
    '',
    'Locks that keep others waiting:',
    ...rehearsal.locks.map(
      ({ relation, mode, held_ms }) => `  ${seconds(held_ms).padStart(9)}  ${mode} on ${relation}`,
    ),
    '',
    'Rows touched:',
    ...rehearsal.rows_touched.map(
      ({ table, inserted, updated, deleted }) =>
        `  ${table}: ${inserted} inserted, ${updated} updated, ${deleted} deleted`,
    ),
    '',
    `Disk: ${megabytes(disk.before_bytes)} before, ${megabytes(disk.after_bytes)} after, ${megabytes(disk.needed_bytes)} more while it runs, and ${megabytes(disk.wal_bytes)} of write-ahead log.`,
    '',
    different.length === 0
      ? `Compared value for value: all ${tables.reduce((sum, { rows }) => sum + rows, 0)} rows of ${tables.length} tables came through.`
      : 'Rows that did not come through:',
    ...different.map((table) => `  ${table.table}: ${table.different.join(', ')}`),
  ];
  if (rehearsal.verdicts.length > 0) lines.push('', verdictsText(rehearsal.verdicts));
  return lines.join('\n');
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(ms < 1_000 ? 3 : 1)} s`;
const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MB`;

export function statusTable(states: readonly MigrationState[]): string {
  const width = Math.max('MIGRATION'.length, ...states.map(({ name }) => name.length));
  const line = (name: string, state: string) => `${name.padEnd(width)}  ${state}`;
  return [line('MIGRATION', 'APPLIED'), ...states.map((state) => line(state.name, stateOf(state)))].join('\n');
}

function stateOf({ applied_at, known }: MigrationState): string {
  if (applied_at === null) return 'pending';
  return known ? applied_at : `${applied_at} (by a newer release)`;
}
