import { parseArgs } from 'node:util';

export const usage = (
  cases,
) => `Measures Attune, and peers beside it, on one fresh PostgreSQL with its default durability.

  npm run bench [-- OPTION ...]

  --only NAME,...      cases to play; default: all
  --without NAME,...   cases to leave out
  --scale N            sizes as a part of the full ones, above 0, at most 1; default 1
  --rounds N           rounds, in each of which all contenders take their turn; medians are told; default 3
  --open-seconds N     how long the other transaction of 'open-transaction' stays open; default 300
  --attune-only        no peers, and nothing of theirs is installed
  --compare            also print the change against the last stored result of this machine at the same scale
  --no-store           do not store the result in bench/results/
  --markdown           measure nothing: print the stored results of this machine as tables for a page
  --json               print the report as JSON
  --help

A peer is a package of the registry; the first run installs them in bench/node_modules, with the newer Node that they need. Where the registry
cannot be reached, Attune is measured alone.

Cases:
${cases.map(({ name, about }) => `  ${name.padEnd(18)} ${about}`).join('\n')}
`;

const known = {
  only: { type: 'string' },
  without: { type: 'string' },
  scale: { type: 'string', default: '1' },
  rounds: { type: 'string', default: '3' },
  'open-seconds': { type: 'string', default: '300' },
  'attune-only': { type: 'boolean', default: false },
  compare: { type: 'boolean', default: false },
  'no-store': { type: 'boolean', default: false },
  markdown: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

/** The command line makes no sense; the message says where. */
export class UsageError extends Error {}

/** What the command line asks for. @param names of all cases, in their order. @throws UsageError */
export function readOptions(args, names) {
  const values = parsed(args);
  const scale = Number(values.scale);
  if (!(scale > 0 && scale <= 1)) throw new UsageError(`--scale is a number above 0, at most 1, not '${values.scale}'`);
  const only = listed('only', values.only, names) ?? names;
  const without = listed('without', values.without, names) ?? [];
  return {
    cases: names.filter((name) => only.includes(name) && !without.includes(name)),
    scale,
    rounds: countOf('rounds', values.rounds),
    openSeconds: countOf('open-seconds', values['open-seconds']),
    attuneOnly: values['attune-only'],
    compare: values.compare,
    store: !values['no-store'],
    markdown: values.markdown,
    json: values.json,
    help: values.help,
  };
}

function listed(option, text, names) {
  const list = text?.split(',');
  const unknown = list?.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`--${option}: there is no case '${unknown}'; expected ${names.join(', ')}`);
  return list;
}

function countOf(option, text) {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new UsageError(`--${option} is a whole number from 1, not '${text}'`);
  return Number(text);
}

function parsed(args) {
  try {
    return parseArgs({ args, options: known }).values;
  } catch (error) {
    throw new UsageError(error.message);
  }
}
