import { attune } from '../attune/site.mjs';
import { withClient } from '../layout/server.mjs';
import { attuneBurnDown } from '../run/burn-down.mjs';

const count = 20_000;
const old = 1_000_000;

/** What a year leaves: executions of core.noop that have completed, with all that an execution of today has. */
const load = `
  insert into attune.execution (action, action_ref, revision, pack_revision, runtime, config, input_hash, status, created, updated,
    started_at, completed_at, result, result_hash)
  select a.id, a.ref, a.revision, p.revision, 'native', '{"message": "", "exit_code": 0}', md5(n::text), 'completed', t, t, t, t,
    '{"exit_code": 0, "duration_ms": 0, "succeeded": true}', md5(n::text)
  from attune.action a join attune.pack p on p.ref = 'core',
    generate_series(1, $1::int) n, lateral (select now() - interval '365 days' + n * interval '20 seconds' as t) at
  where a.ref = 'core.noop'`;

const withOldRows = {
  ...attune,
  name: 'attune-old',
  async prepare({ url, bench }) {
    await attune.prepare({ url, bench });
    await withClient(url, async (client) => {
      await client.query(load, [bench.sized(old)]);
      await client.query('vacuum analyze attune.execution');
    });
  },
};

export default {
  name: 'burndown-old',
  about: 'the same with 1,000,000 finished rows in the table, against an empty one',
  unit: 'execution',
  contenders: {
    'old rows': attuneBurnDown(withOldRows, { count }),
    empty: attuneBurnDown(attune, { count }),
  },
  bars: [{ figure: 'per_second', of: 'old rows', against: 'empty', better: 'higher', must: 0.9, goal: 0.98 }],
};
