import { processorSeconds } from './cpu.mjs';
import { median, processorRatio, ratioOf, tenth } from './figures.mjs';
import { pagesOf } from './plans.mjs';
import { present, reads } from './queries.mjs';

/** Milliseconds that one variant has in a round, about; more where so few turns would come of it. */
const turnMs = 1000;
const fewestTurns = 10;
/** Turns change after this many milliseconds: whoever else uses the machine hits every variant alike. It is short, so that many
 *  turns are left alone; a round's time on the clock is that of the quickest tenth of them. */
const sliceMs = 5;

/** Times every documented query on every layout, one client, prepared statements, turns interleaved.
 *  @param clients connections by layout
 *  @param workflows ids that are asked for, in turn
 *  @param scale 1 for turns of a second; less for a short run */
export async function measureReads(clients, workflows, rounds, scale, log) {
  const report = [];
  for (const query of await present(clients.one, reads)) {
    report.push(await measure(query, variantsOf(query, clients), workflows, rounds, scale));
    log(`read: ${query.name}`);
  }
  return report;
}

function variantsOf(query, clients) {
  const variants = { one: { client: clients.one, text: query.one } };
  for (const layout of ['two', 'tuned']) {
    for (const kind of ['old', 'join']) {
      if (query[kind] !== undefined) variants[`${layout}_${kind}`] = { client: clients[layout], text: query[kind] };
    }
  }
  return variants;
}

async function measure(query, variants, workflows, rounds, scale) {
  const ask = ({ client, text }, workflow) =>
    client.query({ name: nameOf(text), text, values: query.takesWorkflow ? [workflow] : [] });
  const asked = query.takesWorkflow ? workflows : ['none'];

  const perSlice = {};
  for (const [name, variant] of Object.entries(variants)) {
    for (const workflow of asked) await ask(variant, workflow); // reads it into memory
    const times = [];
    for (let i = 0; i < 15; i++) {
      const started = performance.now();
      await ask(variant, asked[i % asked.length]);
      times.push(performance.now() - started);
    }
    perSlice[name] = Math.max(1, Math.round(sliceMs / median(times)));
  }
  const latencies = Object.fromEntries(Object.keys(variants).map((name) => [name, []]));
  const processor = Object.fromEntries(Object.keys(variants).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const spent = Object.fromEntries(
      Object.keys(variants).map((name) => [name, { ms: 0, slices: [], processor: 0, times: 0 }]),
    );
    for (let slice = 0; slice < (turnMs * scale) / sliceMs; slice++) {
      for (const [name, variant] of Object.entries(variants)) {
        if (spent[name].ms > turnMs * scale && slice >= fewestTurns) continue;
        const before = processorSeconds([variant.client]);
        const started = performance.now();
        for (let i = 0; i < perSlice[name]; i++) await ask(variant, asked[(slice * perSlice[name] + i) % asked.length]);
        const ms = performance.now() - started;
        spent[name].ms += ms;
        spent[name].slices.push(ms / perSlice[name]);
        spent[name].processor += processorSeconds([variant.client]) - before;
        spent[name].times += perSlice[name];
      }
    }
    for (const [name, sums] of Object.entries(spent)) {
      latencies[name].push(tenth(sums.slices));
      processor[name].push((sums.processor / sums.times) * 1e6);
    }
  }

  const pages = {};
  for (const [name, { client, text }] of Object.entries(variants)) {
    pages[name] = await pagesOf(client, text, query.takesWorkflow ? workflows.slice(0, 20) : undefined);
  }
  const ratios = Object.keys(variants)
    .filter((name) => name !== 'one')
    .map((name) => {
      const kind = name.slice(name.indexOf('_') + 1);
      return {
        against: name,
        ...ratioOf(latencies.one, latencies[name]),
        processorRatio: processorRatio(processor.one, processor[name]),
        bar: query.bars[kind] ?? null,
      };
    });
  return {
    query: query.name,
    milliseconds: medians(latencies),
    processorMicroseconds: medians(processor),
    pages,
    ratios,
  };
}

const medians = (lists) => Object.fromEntries(Object.entries(lists).map(([name, values]) => [name, median(values)]));

const names = new Map();

/** The name a statement is prepared under. */
function nameOf(text) {
  if (!names.has(text)) names.set(text, `read_${names.size}`);
  return names.get(text);
}
