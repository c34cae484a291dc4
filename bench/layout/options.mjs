import { parseArgs } from 'node:util';

export const usage = `Compares the layout with two tables, before the consolidation, with the one table after it.

  npm run bench:layout [-- OPTION ...]

  --rows N            plain executions, and as many task executions; default 1000000, rounded up to whole groups of 200
  --rounds N          interleaved rounds, of which the medians are told; default 5
  --stage STAGE       latest (default): all that the migrations make, with and without the consolidation;
                      consolidation: the tables right before it and right after it
  --gin               also measure the writes with the founding document's GIN index
  --try FILE          SQL to run on the one table before anything is measured: what a migration might change
  --explain           only EXPLAIN the documented queries; exit code 1 where one does not hold
  --migration         only the consolidation itself: its time, the log it writes, and the most that its files hold
  --database-url URL  a server to use (as a user that may create databases and become replica); default: an embedded one
  --json              print the report as JSON
  --help
`;

const known = {
  rows: { type: 'string', default: '1000000' },
  rounds: { type: 'string', default: '5' },
  stage: { type: 'string', default: 'latest' },
  gin: { type: 'boolean', default: false },
  try: { type: 'string' },
  explain: { type: 'boolean', default: false },
  migration: { type: 'boolean', default: false },
  'database-url': { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

/** The command line makes no sense; the message says where. */
export class UsageError extends Error {}

/** What the command line asks for. @throws UsageError */
export function readOptions(args) {
  const values = parsed(args);
  if (!['latest', 'consolidation'].includes(values.stage)) {
    throw new UsageError(`--stage is latest or consolidation, not '${values.stage}'`);
  }
  return {
    rows: Math.ceil(countOf('rows', values.rows) / 200) * 200,
    rounds: countOf('rounds', values.rounds),
    stage: values.stage,
    gin: values.gin,
    try: values.try,
    explain: values.explain,
    migration: values.migration,
    databaseUrl: values['database-url'],
    json: values.json,
    help: values.help,
  };
}

function countOf(name, text) {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`--${name} is a whole number from 1, not '${text}'`);
  return Number(text);
}

function parsed(args) {
  try {
    return parseArgs({ args, options: known }).values;
  } catch (error) {
    throw new UsageError(error.message);
  }
}
