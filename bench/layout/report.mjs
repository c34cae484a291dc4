import { layouts } from './layouts.mjs';

/** The report as text, for people. */
export function printed({ setting, reads, sizes, writes, gin, explained, migration }) {
  const parts = [migration === undefined ? `${heading(setting)}\n${layoutNames}` : heading(setting)];
  if (explained !== undefined) parts.push(explainedPart(explained));
  if (migration !== undefined) parts.push(migrationPart(migration));
  if (reads !== undefined) parts.push(readsPart(reads), negligible(reads));
  if (sizes !== undefined) parts.push(sizesPart(sizes));
  if (writes !== undefined) parts.push(writesPart(writes));
  if (gin !== undefined) {
    parts.push(`With the founding document's GIN index (${megabytes(gin.sizes[0].bytes)})`, writesPart(gin.writes));
  }
  return parts.join('\n\n');
}

const heading = (setting) =>
  `${setting.plain_executions} plain executions and ${setting.task_executions} tasks of ${setting.workflows} workflows, ` +
  `stage ${setting.stage}; medians of ${setting.rounds} rounds; PostgreSQL ${setting.postgresql}, Node ${setting.node}, ` +
  `${setting.cores} cores`;

const layoutNames = Object.entries(layouts)
  .map(([name, description]) => `  ${name.padEnd(5)}  ${description}`)
  .join('\n');

const against = {
  two_old: 'two, the old task alone',
  tuned_old: 'tuned, the old task alone',
  two_join: 'two, the same data by a join',
  tuned_join: 'tuned, the same data by a join',
};

function readsPart(reads) {
  const row = (name, cells, rest) => `  ${name.padEnd(33)}${cells.map((cell) => cell.padStart(9)).join('')}   ${rest}`;
  const lines = ['Reads', row('', ['ms', 'us cpu', 'pages', 'rows'], 'one table / two tables')];
  for (const { query, milliseconds, processorMicroseconds, pages, ratios } of reads) {
    const line = (title, name, rest) => {
      const cells = [
        milliseconds[name].toFixed(3),
        processorMicroseconds[name].toFixed(0),
        pages[name].pages.toFixed(1),
        pages[name].rows.toFixed(0),
      ];
      return row(title, cells, rest);
    };
    lines.push(query, line('one', 'one', pages.one.scans.join(', ')));
    for (const ratio of ratios) lines.push(line(against[ratio.against], ratio.against, ratioText(ratio, '<=')));
  }
  return lines.join('\n');
}

/** The founding document's claim beside the same pairs of queries as measured. */
function negligible(reads) {
  const lines = reads.slice(0, 3).map(({ query, ratios }) => {
    const change = (name) => {
      const { ratio } = ratios.find((one) => one.against === name);
      return `${ratio > 1 ? '+' : ''}${((ratio - 1) * 100).toFixed(0)} %`;
    };
    return `  ${query}: ${change('two_old')} (tuned: ${change('tuned_old')}); for the same data ${change('two_join')} (tuned: ${change('tuned_join')})`;
  });
  return [
    "The founding document: 'negligible performance difference for typical queries (< 5 %)'. Measured:",
    ...lines,
  ].join('\n');
}

function sizesPart(sizes) {
  const lines = ['Sizes'];
  for (const [layout, relations] of Object.entries(sizes)) {
    const sum = (list) => megabytes(list.reduce((bytes, relation) => bytes + relation.bytes, 0));
    const [tables, indexes] = [true, false].map((is) => relations.filter((relation) => relation.is_table === is));
    lines.push(`  ${layout.padEnd(5)}  tables ${sum(tables)}, indexes ${sum(indexes)}`);
    for (const { name, bytes } of relations.filter((relation) => relation.bytes > 8192)) {
      lines.push(`         ${megabytes(bytes).padStart(10)}  ${name}`);
    }
  }
  return lines.join('\n');
}

function writesPart(writes) {
  const lines = [];
  for (const { form, steps, walBytesPerLife, walRatios } of writes) {
    lines.push(
      `Writes, ${form === 'single' ? 'one task' : 'a hundred tasks'} per statement and commit, four clients: tasks, the server's processor time and log per task`,
    );
    for (const { step, tasksPerSecond, processorMicroseconds, walBytes, ratios } of steps) {
      const figures = Object.entries(tasksPerSecond).map(([layout, value]) => {
        const processor = processorMicroseconds[layout];
        const spent = processor === 0 ? '' : `${processor.toFixed(0)} us, `;
        return `${layout} ${value.toFixed(0)}/s, ${spent}${walBytes[layout].toFixed(0)} B`;
      });
      lines.push(`  ${step.padEnd(7)} ${figures.join('; ')}`);
      for (const ratio of ratios) lines.push(`          against ${ratio.against.padEnd(5)}  ${ratioText(ratio, '>=')}`);
    }
    const lives = Object.entries(walBytesPerLife).map(([layout, bytes]) => `${layout} ${bytes.toFixed(0)} B`);
    lines.push(`  log of a whole life: ${lives.join('; ')}`);
    for (const ratio of walRatios)
      lines.push(`          against ${ratio.against.padEnd(5)}  ${ratioText(ratio, '<=')}`);
  }
  return lines.join('\n');
}

const explainedPart = (explained) =>
  explained
    .map(
      ({ query, scans, pages, rows, holds }) =>
        `${holds ? 'holds ' : 'MISSES'}  ${query}: ${pages.toFixed(1)} pages for ${rows.toFixed(1)} rows\n        ${scans.join(', ')}`,
    )
    .join('\n');

function migrationPart({ seconds, tablesBytes, logWrittenBytes, databaseBytes, logFilesBytes, peakInTables }) {
  const course = ({ before, peak, after }) =>
    `${megabytes(before)} before, ${megabytes(peak)} at most, ${megabytes(after)} after`;
  return [
    `The consolidation took ${seconds.toFixed(1)} s`,
    `  the two tables   ${megabytes(tablesBytes)}`,
    `  the database     ${course(databaseBytes)}`,
    `  files of the log ${course(logFilesBytes)}; ${megabytes(logWrittenBytes)} written`,
    `  at most beyond what was there: ${peakInTables.toFixed(2)} times the two tables`,
  ].join('\n');
}

function ratioText({ ratio, low, high, processorRatio, bar }, comparison) {
  const processor = typeof processorRatio === 'number' ? `, by processor time ${processorRatio.toFixed(2)}` : '';
  const text = `${ratio.toFixed(2)} [${low.toFixed(2)}..${high.toFixed(2)}]${processor}`;
  if (bar === null) return text;
  const holds = comparison === '<=' ? ratio <= bar : ratio >= bar;
  return `${text}  ${holds ? 'holds' : 'MISSES'} ${comparison} ${bar.toFixed(2)}`;
}

const megabytes = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
