import { openDatabase, openDoorbell } from '@attune/db';
import { requestExecution, requestExecutions } from '@attune/engine';
import { monotonicMs } from '../run/clock.mjs';
import { inLanes } from '../run/wait.mjs';

/** Asks for executions as the API does: the engine's deed, then the doorbell. In a process of its own, as a peer's client is. */
export async function open(url) {
  const db = openDatabase(url, { max: 20, avoidScans: true, applicationName: 'bench client' });
  const bell = openDoorbell(url, () => {});
  const requested = (action_ref = 'core.noop', parameters = {}) => ({ action_ref, parameters, executor: null });
  const noop = requested();

  const request = async (wanted) => {
    const { id } = await db.transaction((tx) => requestExecution(tx, wanted));
    bell.ring('execution', 'change');
    return id;
  };
  const requestMany = async (count) => {
    const wanted = Array.from({ length: count }, () => noop);
    const answers = await db.transaction((tx) => requestExecutions(tx, wanted));
    for (const answer of answers) if (answer instanceof Error) throw answer;
    bell.ring('execution', 'change');
  };
  return {
    async enqueue({ count, callers, batch }) {
      const started = monotonicMs();
      await inLanes(Math.ceil(count / batch), callers, (n) =>
        batch === 1 ? request(noop) : requestMany(Math.min(batch, count - n * batch)),
      );
      return monotonicMs() - started;
    },
    /** @returns the execution, and when it was asked for. */
    async request({ action_ref, parameters } = {}) {
      const asked = monotonicMs();
      return { asked, id: await request(requested(action_ref, parameters)) };
    },
    async close() {
      await bell.close();
      await db.close();
    },
  };
}
