import { openDatabase, openDoorbell } from '@attune/db';
import { requestApart } from '@attune/engine';
import { monotonicMs } from '../run/clock.mjs';
import { inLanes } from '../run/wait.mjs';

/** The ids, where nothing was refused. */
function allOf(answers) {
  for (const answer of answers) if (answer instanceof Error) throw answer;
  return answers;
}

/** Asks for executions as the API does: the engine's deed, then the doorbell. In a process of its own, as a peer's client is. */
export async function open(url) {
  const db = openDatabase(url, { max: 20, avoidScans: true, applicationName: 'bench client' });
  const bell = openDoorbell(url, () => {});
  const requested = (action_ref = 'core.noop', parameters = {}) => ({ action_ref, parameters, executor: null });

  const request = async (...wanted) => {
    const { ids, topics } = await requestApart(db, wanted, (answers, topics) => ({ ids: allOf(answers), topics }));
    bell.ring(...topics, 'change');
    return ids;
  };
  return {
    async enqueue({ count, callers, batch }) {
      const started = monotonicMs();
      await inLanes(Math.ceil(count / batch), callers, (n) =>
        request(...Array.from({ length: Math.min(batch, count - n * batch) }, () => requested())),
      );
      return monotonicMs() - started;
    },
    /** @returns the execution, and when it was asked for. */
    async request({ action_ref, parameters } = {}) {
      const asked = monotonicMs();
      const [id] = await request(requested(action_ref, parameters));
      return { asked, id };
    },
    async close() {
      await bell.close();
      await db.close();
    },
  };
}
