import { monotonicMs } from '../run/clock.mjs';
import { inLanes } from '../run/wait.mjs';
import { openHttp } from './http.mjs';

const wanted = { action_ref: 'core.noop' };

/** Asks for executions through the API. @param url of the API, with the token as its password */
export async function open(url) {
  const { origin, password } = new URL(url);
  const http = openHttp(origin, password, 20);
  return {
    async enqueue({ count, callers, batch }) {
      const started = monotonicMs();
      await inLanes(Math.ceil(count / batch), callers, (n) => {
        if (batch === 1) return http.post('/api/v1/executions', wanted);
        const executions = Array.from({ length: Math.min(batch, count - n * batch) }, () => wanted);
        return http.post('/api/v1/executions/batch', { executions });
      });
      return monotonicMs() - started;
    },
    async close() {
      http.close();
    },
  };
}
