import { parseArgs } from 'node:util';

export const usage = (names) => `Measures what one step of a workflow costs, from the first to the last of a large run.

  npm run bench:growth [-- OPTION ...]

  --only NAME,...     scenarios to play: ${names.join(', ')}; default: all
  --scale N           sizes as a part of the full ones; default 1
  --database-url URL  a server to use (as a user that may create databases); default: an embedded one
  --json              print the report as JSON
  --help
`;

const known = {
  only: { type: 'string' },
  scale: { type: 'string', default: '1' },
  'database-url': { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

/** The command line makes no sense; the message says where. */
export class UsageError extends Error {}

/** What the command line asks for. @throws UsageError */
export function readOptions(args, names) {
  const values = parsed(args);
  const chosen = values.only?.split(',') ?? names;
  const unknown = chosen.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new UsageError(`There is no scenario '${unknown}'`);
  const scale = Number(values.scale);
  if (!(scale > 0 && scale <= 1)) throw new UsageError(`--scale is a number above 0, at most 1, not '${values.scale}'`);
  return { scenarios: chosen, scale, databaseUrl: values['database-url'], json: values.json, help: values.help };
}

function parsed(args) {
  try {
    return parseArgs({ args, options: known }).values;
  } catch (error) {
    throw new UsageError(error.message);
  }
}
