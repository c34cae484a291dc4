import { attune } from '../attune/site.mjs';
import { attuneBurnDown } from '../run/burn-down.mjs';

const count = 20_000;
const listeners = 100;

/** A notifier, and as many clients of it as there are lists of executions to follow.
 *  @param followed of the ids of the executions that wait */
const beside = (followed) => async (site, before) => {
  await site.start(['api']); // it keeps the token of the local clients
  await site.start(['notifier']);
  const { rows } = await site.client.query(`select url from attune.service where service = 'notifier'`);
  const waiting = await site.client.query('select id::text from attune.execution where id > $1 order by id', [before]);
  const filters = followed(waiting.rows.map(({ id }) => id)).map((ids) => ids.map((id) => `entity:execution:${id}`));
  if (filters.length > 0) await site.listen(rows[0].url, filters);
};

/** A list of executions for each client, all together spread over the queue. */
const spread = (ids, each) =>
  Array.from({ length: listeners }, (_, client) =>
    Array.from(
      { length: each },
      (_, n) => ids[Math.floor(((n * listeners + client) * ids.length) / (listeners * each))],
    ),
  );

const contender = (followed) => attuneBurnDown(attune, { count, beside: beside(followed) });

export default {
  name: 'listeners',
  about:
    'the burn-down beside a notifier: with 100 WebSocket clients that each follow one of the executions, or a hundred, against none',
  unit: 'execution',
  contenders: {
    none: contender(() => []),
    'each follows one': contender((ids) => spread(ids, 1)),
    'each follows a hundred': contender((ids) => spread(ids, 100)),
  },
  bars: [{ figure: 'per_second', of: 'each follows one', against: 'none', better: 'higher', must: 0.8, goal: 0.95 }],
};
