import { AttuneError } from '@attune/core';
import { migrate, rollback, status, type MigrationState } from '@attune/db';
import { startEmbedded } from '@attune/db/embedded';
import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readConfig } from './config.ts';

const usage = `Usage: attune db migrate  [--to VERSION]   apply pending migrations, up to VERSION
       attune db status                   list migrations and when each was applied
       attune db rollback [--to VERSION]  take the last migration back, or all after VERSION (0: all)

Options:
  --database-url URL   the database; default: DATABASE_URL, else the embedded one of ATTUNE_HOME
  -o, --output FORMAT  table (default) or json`;

/** The migration that brought the 17 tables; going back before it brings the 18th again. */
const consolidation = '20260127212500';

type Print = (text: string) => void;

/** The commands `db migrate|status|rollback`. Where no database is named, the embedded server of the data folder is started, or
 *  joined, for as long as the command takes.
 *  @param args what follows `db`.
 *  @returns the exit code.
 *  @throws AttuneError `bad_request` for a command line that cannot be understood, and whatever the migration throws. */
export async function runDbCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  print: Print = console.log,
): Promise<number> {
  const { command, options } = parse(args);
  if (options.help === true) {
    print(usage);
    return 0;
  }
  const to = options.to === undefined ? {} : { to: options.to };
  const asJson = options.output === 'json';
  const database = await openTarget(options['database-url'], env);
  try {
    switch (command) {
      case 'migrate':
        report(await migrate(database.url, to), 'applied', asJson, print);
        break;
      case 'rollback':
        report(await rollback(database.url, to), 'taken back', asJson, print);
        break;
      case 'status': {
        const states = await status(database.url);
        print(asJson ? JSON.stringify(states, null, 2) : statusTable(states));
        break;
      }
    }
    return 0;
  } finally {
    await database.release();
  }
}

const commands = ['migrate', 'status', 'rollback'] as const;

function parse(args: readonly string[]) {
  const { values: options, positionals } = parseOptions(args);
  const command = commands.find((name) => name === positionals[0]) ?? 'status';
  if (options.help === true) return { command, options };
  if (positionals.length !== 1 || command !== positionals[0]) throw misused(`Expected one of ${commands.join(', ')}`);
  if (options.to !== undefined && command === 'status') throw misused('status takes no --to');
  if (options.output !== 'table' && options.output !== 'json') throw misused('--output is table or json');
  return { command, options };
}

function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        to: { type: 'string' },
        'database-url': { type: 'string' },
        output: { type: 'string', short: 'o', default: 'table' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (cause) {
    throw misused(cause instanceof Error ? cause.message : 'The command line cannot be understood');
  }
}

const misused = (message: string) => new AttuneError('bad_request', `${message}\n\n${usage}`);

async function openTarget(
  url: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ url: string; release: () => Promise<void> }> {
  const config = readConfig(url === undefined ? env : { ...env, DATABASE_URL: url });
  if (config.databaseUrl !== undefined) return { url: config.databaseUrl, release: () => Promise.resolve() };
  mkdirSync(config.home, { recursive: true, mode: 0o700 });
  return startEmbedded({ home: config.home });
}

function report(names: readonly string[], done: 'applied' | 'taken back', asJson: boolean, print: Print): void {
  if (asJson) {
    print(JSON.stringify(names, null, 2));
    return;
  }
  if (names.length === 0) {
    print(done === 'applied' ? 'Nothing to apply: the database is up to date.' : 'Nothing to take back.');
    return;
  }
  print(`${names.length} ${names.length === 1 ? 'migration' : 'migrations'} ${done}:`);
  for (const name of names) print(`  ${name}`);
  if (done === 'taken back' && names.some((name) => name.startsWith(consolidation))) {
    print(
      'The table workflow_task_execution is back: status and result of a task stand in two places again and can disagree. This release of Attune needs the later layout; run `attune db migrate` before you start it.',
    );
  }
}

function statusTable(states: readonly MigrationState[]): string {
  const width = Math.max('MIGRATION'.length, ...states.map(({ name }) => name.length));
  const line = (name: string, state: string) => `${name.padEnd(width)}  ${state}`;
  return [line('MIGRATION', 'APPLIED'), ...states.map((state) => line(state.name, stateOf(state)))].join('\n');
}

function stateOf({ applied_at, known }: MigrationState): string {
  if (applied_at === null) return 'pending';
  return known ? applied_at : `${applied_at} (by a newer release)`;
}
