import { attune } from '../attune/site.mjs';
import { attuneBurnDown } from '../run/burn-down.mjs';

const count = 20_000;
const listeners = 100;

/** A notifier, and as many clients of it as there are filters. @param filtersOf of the ids of the executions that wait */
const beside = (filtersOf) => async (site, before) => {
  await site.start(['api']); // it keeps the token of the local clients
  await site.start(['notifier']);
  const { rows } = await site.client.query(`select url from attune.service where service = 'notifier'`);
  const waiting = await site.client.query('select id::text from attune.execution where id > $1 order by id', [before]);
  const filters = filtersOf(waiting.rows.map(({ id }) => id));
  if (filters.length > 0) await site.listen(rows[0].url, filters);
};

const spread = (ids) => Array.from({ length: listeners }, (_, n) => ids[Math.floor((n * ids.length) / listeners)]);
const contender = (filtersOf) => attuneBurnDown(attune, { count, beside: beside(filtersOf) });
const bar = (of) => ({ figure: 'per_second', of, against: 'none', better: 'higher', must: 0.8, goal: 0.95 });

export default {
  name: 'listeners',
  about:
    'the burn-down beside a notifier: with 100 WebSocket clients that each follow one of the executions, or all of them, against none',
  unit: 'execution',
  contenders: {
    none: contender(() => []),
    'each follows one': contender((ids) => spread(ids).map((id) => `entity:execution:${id}`)),
    'each follows all': contender((ids) => spread(ids).map(() => 'entity_type:execution')),
  },
  bars: [bar('each follows one'), bar('each follows all')],
};
