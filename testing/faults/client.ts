import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

export interface Answer {
  status: number;
  data: Record<string, unknown>;
  /** The body as it came. */
  text: string;
}

export interface Client {
  /** Sends one request once. Undefined: nobody knows whether it was carried out. */
  once(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer | undefined>;
  /** Sends it again and again until there is an answer other than 5xx. Undefined once the client is closed. */
  surely(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer | undefined>;
  close(): void;
}

/** Longest an answer is waited for: a frozen API, or one without its database, says nothing. */
const patienceMs = 5_000;

/** Speaks to whichever API lives now. */
export function clientOf(api: () => { url: string; token: string } | undefined): Client {
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // every request listens

  const once: Client['once'] = async (method, path, body, headers = {}) => {
    const at = api();
    if (at === undefined) return undefined;
    const patience = new AbortController(); // Node 20 forgets a signal of its own timeout that only AbortSignal.any knows
    const timer = setTimeout(() => patience.abort(), patienceMs);
    try {
      const raw = typeof body === 'string' || Buffer.isBuffer(body);
      const response = await fetch(path.startsWith('http') ? path : at.url + path, {
        method,
        headers: {
          authorization: `Bearer ${at.token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        signal: AbortSignal.any([patience.signal, closing.signal]),
        ...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, text, data: dataOf(text) };
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    once,
    async surely(...request) {
      while (!closing.signal.aborted) {
        const answer = await once(...request);
        if (answer !== undefined && answer.status < 500 && answer.status !== 429) return answer;
        await pause(100, undefined, { signal: closing.signal }).catch(() => undefined);
      }
      return undefined;
    },
    close: () => closing.abort(),
  };
}

function dataOf(text: string): Record<string, unknown> {
  try {
    const parsed = JSON.parse(text) as { data?: Record<string, unknown> };
    return parsed.data ?? {};
  } catch {
    return {};
  }
}
