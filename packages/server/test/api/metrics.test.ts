import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../../testing/database.ts';
import { connect, spawnServer, temporaryHome } from '../../../../testing/server.ts';
import { until } from '../../../../testing/until.ts';

const page = join(import.meta.dirname, '../../../../docs/metrics.md');
const begin = '<!-- printed: metrics -->\n';
const end = '<!-- end -->';

interface Told {
  help: string;
  type: string;
  samples: { labels: Record<string, string>; name: string; value: number }[];
}

/** Reads the text format strictly: what it does not understand is an error. */
function parse(text: string): Map<string, Told> {
  const all = new Map<string, Told>();
  let current: [string, Told] | undefined;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const about = /^# (HELP|TYPE) (attune_[a-z_]+) (.+)$/.exec(line);
    if (about?.[1] === 'HELP') {
      current = [about[2] ?? '', { help: about[3] ?? '', type: '', samples: [] }];
      expect(all.has(current[0]), line).toBe(false);
      all.set(...current);
      continue;
    }
    if (about?.[1] === 'TYPE' && current !== undefined) {
      expect(current[0]).toBe(about[2]);
      current[1].type = about[3] ?? '';
      continue;
    }
    const sample = /^(attune_[a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\]|\\.)*",?)*)\})? (\+Inf|-?[\d.e+-]+)$/.exec(line);
    if (sample?.[1] === undefined || current === undefined) throw new Error(`Not a line of the format: ${line}`);
    expect(sample[1].startsWith(current[0]), line).toBe(true);
    const labels = [...(sample[2] ?? '').matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(
      (one) => [one[1], one[2]] as const,
    );
    current[1].samples.push({
      name: sample[1],
      labels: Object.fromEntries(labels) as Record<string, string>,
      value: Number(sample[3]),
    });
  }
  return all;
}

test('the metrics of a process are those of the page, and tell what happened', async () => {
  await using fresh = await freshDatabase();
  await using home = await temporaryHome();
  await using server = spawnServer({ home: home.path, env: { DATABASE_URL: fresh.url, ATTUNE_METRICS_PORT: '0' } });
  const api = await connect(server, home.path);
  const read = async () => {
    const response = await fetch(`${api.url}/metrics`, { headers: { authorization: `Bearer ${api.token}` } });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    return parse(await response.text());
  };
  expect((await fetch(`${api.url}/metrics`)).status).toBe(401);
  await read(); // what ends from now on is counted
  await api.post('/api/v1/executions', {
    action_ref: 'core.echo',
    parameters: { message: 'hello' },
  });
  const metrics = await until('the execution is counted', async () => {
    const told = await read();
    return (
      (told.get('attune_executions_total')?.samples ?? []).some((one) => one.labels['outcome'] === 'completed') && told
    );
  });
  const valueOf = (name: string, labels: Record<string, string> = {}) =>
    metrics
      .get(name)
      ?.samples.find(
        (one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value),
      )?.value;
  expect(valueOf('attune_executions_total', { outcome: 'completed' })).toBe(1);
  expect(valueOf('attune_attempts_total', { attempt: 'first' })).toBe(1);
  expect(valueOf('attune_services', { service: 'supervisor' })).toBe(1);
  expect(valueOf('attune_orphans')).toBe(0);
  expect(valueOf('attune_worker_slots', { state: 'free' })).toBe(10);
  expect(valueOf('attune_metrics_unread_total')).toBe(0);
  expect(valueOf('attune_process_resident_memory_bytes')).toBeGreaterThan(1e7);
  const stages = metrics.get('attune_execution_seconds')?.samples.filter((one) => one.name.endsWith('_count')) ?? [];
  expect(stages.map((one) => [one.labels['stage'], one.value]).sort()).toEqual([
    ['queue', 1],
    ['run', 1],
    ['total', 1],
  ]);
  // few values, and no ids
  for (const { samples } of metrics.values()) {
    for (const { labels } of samples) {
      const { le: _, quantile: __, ...others } = labels;
      for (const value of Object.values(others)) expect(value).toMatch(/^[a-z][a-z _]*$/);
    }
  }

  const rows = [...metrics].map(
    ([name, { type, help, samples }]) =>
      `| \`${name}\` | ${type} | ${labelsOf(name, samples)} | ${help.replaceAll('|', '\\|')} |`,
  );
  const table = ['| Metric | Type | Labels | What it tells |', '|---|---|---|---|', ...rows.sort()].join('\n') + '\n';
  const text = await readFile(page, 'utf8');
  const at = text.indexOf(begin) + begin.length;
  if (process.env['ATTUNE_PRINT_DOCS'] === '1') {
    await writeFile(page, text.slice(0, at) + table + text.slice(text.indexOf(end, at)));
    return;
  }
  expect(text.slice(at, text.indexOf(end, at)), 'ATTUNE_PRINT_DOCS=1 prints it').toBe(table);
  for (const [, name] of text.matchAll(/\b(attune_[a-z_]+)/g)) expect([...metrics.keys()]).toContain(name);

  // a listener of its own, for processes without the API
  const port = /"port":(\d+),"msg":"Metrics can be read"/.exec(server.output())?.[1] ?? '';
  const own = await fetch(`http://127.0.0.1:${port}/metrics`);
  expect(parse(await own.text()).has('attune_event_loop_delay_seconds')).toBe(true);
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
});

/** The names of the labels, from what was told, else from what is known of those that have nothing to tell. */
function labelsOf(name: string, samples: Told['samples']): string {
  const known: Record<string, string[]> = {
    attune_queue_depth: ['runtime'],
    attune_queue_oldest_seconds: ['runtime'],
  };
  const labels = new Set([...(known[name] ?? []), ...samples.flatMap((one) => Object.keys(one.labels))]);
  labels.delete('le');
  return [...labels].map((label) => `\`${label}\``).join(', ');
}
