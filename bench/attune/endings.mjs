import { setTimeout as pause } from 'node:timers/promises';

/** Milliseconds until the next look: looking takes its part of the machine, so what has lasted long is looked at less often. */
const pauseAfter = (waitedMs) => Math.min(Math.max(waitedMs / 20, 3), 10);

/** Watches executions end, on one connection however many are waited for.
 *  @param offset how far the database's clock is ahead of this machine's own
 *  @returns `of(id)`, which resolves with `started` and `completed` on this machine's clock, in milliseconds. */
export function watchEndings(client, offset) {
  const waiting = new Map();
  let watching = false;
  const look = async () => {
    const { rows } = await client.query({
      name: 'endings',
      text: `select id::text, status::text, result, extract(epoch from started_at)::float8 * 1000 as started,
          extract(epoch from completed_at)::float8 * 1000 as completed
        from attune.execution where id = any($1::bigint[]) and completed_at is not null`,
      values: [[...waiting.keys()]],
    });
    for (const { id, status, result, started, completed } of rows) {
      const { resolve, reject } = waiting.get(id);
      waiting.delete(id);
      if (status === 'completed') resolve({ started: started - offset, completed: completed - offset });
      else reject(new Error(`Execution ${id} ended ${status}: ${JSON.stringify(result)?.slice(0, 500)}`));
    }
  };
  const watch = async () => {
    watching = true;
    try {
      while (waiting.size > 0) {
        const oldest = Math.min(...[...waiting.values()].map(({ since }) => since));
        await pause(pauseAfter(performance.now() - oldest));
        await look();
      }
    } catch (error) {
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    } finally {
      watching = false;
    }
  };
  return {
    of: (id) =>
      new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject, since: performance.now() });
        if (!watching) void watch();
      }),
  };
}
