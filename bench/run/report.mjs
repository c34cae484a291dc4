import { keyOf } from './store.mjs';

/** The report as text, for people.
 *  @param before stored results to show the change against; undefined: none is shown */
export function printed({ machine, results }, before) {
  const parts = [`Attune beside its peers on ${nameOf(machine)}`];
  if (results[0] !== undefined) parts.push(settingOf(results[0].setting));
  for (const result of results) parts.push(casePart(result, before?.results[keyOf(result)]));
  parts.push(
    ['Bars', ...results.flatMap((result) => result.bars.map((bar) => `  ${barLine(result.name, bar)}`))].join('\n'),
  );
  return parts.join('\n\n');
}

const nameOf = ({ processor, cores, node, memory_gib, id }) =>
  `${processor}, ${cores} cores, ${memory_gib} GiB, Node ${node} (machine ${id})`;

function settingOf({ scale, rounds, postgresql }) {
  const { server_version, ...rest } = postgresql;
  const settings = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
  return `PostgreSQL ${server_version}: ${settings.join(', ')}\nScale ${scale}, ${rounds} interleaved rounds; medians [least..greatest]`;
}

function casePart({ name, about, unit, setting, contenders, missing }, before) {
  const lines = [`${name}: ${about}`];
  for (const [contender, { figures, cost }] of Object.entries(contenders)) {
    lines.push(`  ${contender}`);
    for (const [figure, summary] of Object.entries(figures)) {
      const was = before?.contenders[contender]?.figures[figure];
      const change =
        was === undefined ? '' : `   ${changeOf(summary.median, was.median)} against ${number(was.median)}`;
      lines.push(`    ${titleOf(figure).padEnd(34)} ${range(summary)}${change}`);
    }
    if (cost !== undefined) lines.push(`    per ${unit}: ${costOf(cost)}; fsync ${setting.postgresql.fsync}`);
  }
  for (const [contender, why] of Object.entries(missing)) lines.push(`  ${contender}: not measured (${why})`);
  return lines.join('\n');
}

/** What a unit of work costs. Processor time is of PostgreSQL, and of all processes besides, where it is known. */
function costOf({ rows_kept, commits, wal_bytes, postgresql_us, processes_us }) {
  const parts = [
    `rows kept ${number(rows_kept.median)}`,
    `commits that write ${number(commits.median)}`,
    `log ${number(wal_bytes.median)} B`,
  ];
  if (postgresql_us.median + processes_us.median > 0) {
    parts.push(`processor ${number(postgresql_us.median)} + ${number(processes_us.median)} us`);
  }
  return parts.join(', ');
}

const range = ({ median, min, max, count }) =>
  count === 1 ? number(median) : `${number(median)} [${number(min)}..${number(max)}]`;

const changeOf = (now, was) => `${now >= was ? '+' : ''}${((now / was - 1) * 100).toFixed(0)} %`;

const units = { per_second: 'per second', ms: 'ms', s: 's', mib: 'MiB' };

/** `with_start_per_second` reads `with start, per second`. */
function titleOf(figure) {
  const suffix = Object.keys(units).find((unit) => figure === unit || figure.endsWith(`_${unit}`));
  if (suffix === undefined) return figure.replaceAll('_', ' ');
  const rest = figure.slice(0, -suffix.length).replaceAll('_', ' ').trim();
  return rest === '' ? units[suffix] : `${rest}, ${units[suffix]}`;
}

function number(value) {
  const digits = value !== 0 && Math.abs(value) < 0.1 ? 4 : Math.abs(value) < 10 ? 2 : Math.abs(value) < 1_000 ? 1 : 0;
  return Number(value.toFixed(digits)).toLocaleString('en-US', { maximumFractionDigits: digits });
}

const verdicts = { goal: 'reaches the goal', must: 'reaches the must', misses: 'MISSES' };

function barLine(name, bar) {
  const { what, sign, value, verdict } = barParts(bar);
  return `${`${name}: ${what}`.padEnd(64)} ${value}   must ${sign} ${number(bar.must)}, goal ${sign} ${number(bar.goal)}: ${verdict}`;
}

function barParts({ figure, of, against, better, reached, processor }) {
  const what =
    against === undefined ? `${of}, ${titleOf(figure)}` : `${of} against ${against}, ${titleOf(figure)}, ratio`;
  const sign = better === 'higher' ? '>=' : '<=';
  if (reached === undefined) return { what, sign, value: '-', verdict: 'not measured' };
  const { value, min, max, verdict } = reached;
  const whole = min === max ? number(value) : `${number(value)} [${number(min)}..${number(max)}]`;
  const beside = processor === undefined ? '' : `, by processor time ${number(processor)}`;
  return { what, sign, value: `${whole}${beside}`, verdict: verdicts[verdict] };
}

/** Stored results as Markdown: the bars, then every figure; of each case the one of the largest scale, a whole one if there is one. */
export function markdown({ machine, results }, cases) {
  const latest = cases.flatMap(({ name }) => {
    const own = Object.values(results).filter((result) => result.name === name);
    const gaps = ({ missing }) => Object.keys(missing).length;
    return own.sort((a, b) => b.setting.scale - a.setting.scale || gaps(a) - gaps(b)).slice(0, 1);
  });
  if (latest.length === 0) return 'There are no stored results of this machine.';
  const bars = latest.flatMap(({ name, setting, bars }) =>
    bars.map((bar) => {
      const { what, sign, value, verdict } = barParts(bar);
      return row([
        name,
        what,
        value,
        `${sign} ${number(bar.must)}`,
        `${sign} ${number(bar.goal)}`,
        verdict,
        setting.scale,
      ]);
    }),
  );
  const figures = latest.flatMap(({ name, unit, contenders }) =>
    Object.entries(contenders).map(([contender, { figures, cost }]) =>
      row([
        name,
        contender,
        Object.entries(figures)
          .map(([figure, summary]) => `${titleOf(figure)}: ${range(summary)}`)
          .join('<br>'),
        cost === undefined ? '' : `per ${unit}: ${costOf(cost)}`,
      ]),
    ),
  );
  const taken = latest.map(({ setting }) => setting.taken_at.slice(0, 10)).sort();
  const { server_version, fsync, synchronous_commit, full_page_writes } = latest[0].setting.postgresql;
  return [
    `${nameOf(machine)}; PostgreSQL ${server_version}, fsync ${fsync}, synchronous_commit ${synchronous_commit}, full_page_writes ${full_page_writes}; measured ${[...new Set([taken[0], taken.at(-1)])].join(' to ')}.`,
    table(['Case', 'What', 'Measured', 'Must', 'Goal', '', 'Scale'], bars),
    table(['Case', 'Contender', 'Figures', 'Costs'], figures),
  ].join('\n\n');
}

const row = (cells) => `| ${cells.join(' | ')} |`;
const table = (heads, rows) => [row(heads), `|${heads.map(() => '---').join('|')}|`, ...rows].join('\n');
