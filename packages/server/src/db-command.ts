import { AttuneError } from '@attune/core';
import { findOldDatabase, isSound, migrate, rehearse, rollback, status, verify } from '@attune/db';
import { startEmbedded } from '@attune/db/embedded';
import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readConfig } from './config.ts';
import { differencesText, migrationsText, rehearsalText, statusTable, verdictsText } from './db-report.ts';

const usage = `Usage: attune db migrate  [--to VERSION] [--adopt]   apply pending migrations, up to VERSION
       attune db rehearse [--to VERSION] [--adopt]   the same on a copy: time, locks, rows, disk, every value compared
       attune db verify                              check live data against the rules of the consolidation
       attune db status                              list migrations and when each was applied
       attune db rollback [--to VERSION]             take the last migration back, or all after VERSION (0: all)

Options:
  --adopt              take over a database of the old layout that our migrations have never seen
  --lock-timeout TIME  longest wait for one lock: 30s, 500ms, 0 for as long as it takes; default: 5s
  --on SERVER          rehearse: where the copy is made: same (default) or embedded
  --database-url URL   the database; default: DATABASE_URL, else the embedded one of ATTUNE_HOME
  -o, --output FORMAT  table (default) or json`;

/** Exit code of verify and rehearse where something does not hold. */
const unsound = 9;

type Print = (text: string) => void;

/** The commands `db migrate|rehearse|verify|status|rollback`. Where no database is named, the embedded server of the data folder is started, or
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
  const chosen = {
    ...(options.to === undefined ? {} : { to: options.to }),
    ...(options['lock-timeout'] === undefined ? {} : { lockTimeout: options['lock-timeout'] }),
  };
  const adopt = options.adopt === true;
  const tell = (facts: unknown, text: () => string) => {
    print(options.output === 'json' ? JSON.stringify(facts, null, 2) : text());
  };
  const database = await openTarget(options['database-url'], env);
  try {
    switch (command) {
      case 'migrate': {
        const old = await findOldDatabase(database.url);
        const differences = old?.plan.differences ?? [];
        if (old !== undefined && options.output === 'table') print(differencesText(differences));
        const applied = await migrate(database.url, { ...chosen, adopt });
        tell(old === undefined ? applied : { differences, applied }, () => migrationsText(applied, 'applied'));
        return 0;
      }
      case 'rehearse': {
        const rehearsal = await withScratchServer(options.on, env, (server) =>
          rehearse(database.url, { ...chosen, adopt, ...(server === undefined ? {} : { scratchServer: server }) }),
        );
        tell(rehearsal, () => rehearsalText(rehearsal));
        return isSound(rehearsal) ? 0 : unsound;
      }
      case 'verify': {
        const verdicts = await verify(database.url);
        tell(verdicts, () => verdictsText(verdicts));
        return verdicts.every(({ offenders }) => offenders.length === 0) ? 0 : unsound;
      }
      case 'rollback': {
        const back = await rollback(database.url, chosen);
        tell(back, () => migrationsText(back, 'taken back'));
        return 0;
      }
      case 'status': {
        const states = await status(database.url);
        tell(states, () => statusTable(states));
        return 0;
      }
    }
  } finally {
    await database.release();
  }
}

const commands = ['migrate', 'rehearse', 'verify', 'status', 'rollback'] as const;
type Command = (typeof commands)[number];

/** Which commands take which options beyond the common ones. */
const optionsOf: Record<'to' | 'adopt' | 'lock-timeout' | 'on', readonly Command[]> = {
  to: ['migrate', 'rehearse', 'rollback'],
  adopt: ['migrate', 'rehearse'],
  'lock-timeout': ['migrate', 'rehearse', 'rollback'],
  on: ['rehearse'],
};

function parse(args: readonly string[]) {
  const { values: options, positionals } = parseOptions(args);
  const command = commands.find((name) => name === positionals[0]) ?? 'status';
  if (options.help === true) return { command, options };
  if (positionals.length !== 1 || command !== positionals[0]) throw misused(`Expected one of ${commands.join(', ')}`);
  for (const [option, takers] of Object.entries(optionsOf)) {
    const isGiven = options[option as keyof typeof optionsOf] !== undefined;
    if (isGiven && !takers.includes(command)) throw misused(`${command} takes no --${option}`);
  }
  if (options.on !== undefined && options.on !== 'same' && options.on !== 'embedded')
    throw misused('--on is same or embedded');
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
        adopt: { type: 'boolean' },
        'lock-timeout': { type: 'string' },
        on: { type: 'string' },
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

/** The embedded server for as long as `use` takes; undefined: the copy stays on the database's own server. */
async function withScratchServer<T>(
  on: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  use: (server: string | undefined) => Promise<T>,
): Promise<T> {
  if (on !== 'embedded') return use(undefined);
  const { DATABASE_URL: _, ...without } = env;
  const embedded = await openTarget(undefined, without);
  try {
    return await use(embedded.url);
  } finally {
    await embedded.release();
  }
}
