import { connectionConfig } from './database.ts';
import pg from 'pg';

/** What a ring says: there may be new work of this kind. It carries no data; whoever hears it reads the rows. */
export type Topic = 'event' | 'execution' | 'cancel' | 'change';

export interface Doorbell {
  /** Rings after a commit. Rings in quick succession become one NOTIFY; a lost one costs latency, never work. */
  ring(...topics: Topic[]): void;
  /** Calls `listener` at each ring, and once after every reconnect, since rings may have been missed. Returns the way off. */
  on(topic: Topic, listener: () => void): () => void;
  close(): Promise<void>;
}

const channel = 'attune_doorbell';
const reconnectMs = { first: 100, most: 2_000 };

/** Opens the one connection of this process that listens and notifies. NOTIFY never goes into a working transaction: its lock
 *  would serialise all commits. */
export function openDoorbell(url: string, onError: (error: Error) => void): Doorbell {
  const listeners = new Map<Topic, Set<() => void>>();
  const waiting = new Set<Topic>();
  let client: pg.Client | undefined;
  let sending = false;
  let closed = false;
  let retryMs = reconnectMs.first;
  let retryTimer: NodeJS.Timeout | undefined;

  /** Asked anew each time: it may have been closed while a connection was being made. */
  const isClosed = () => closed;

  const hear = (topic: Topic) => {
    for (const listener of listeners.get(topic) ?? []) listener();
  };

  const flush = async () => {
    if (sending || client === undefined) return;
    sending = true;
    try {
      while (waiting.size > 0) {
        const topics = [...waiting];
        waiting.clear();
        await client.query('select pg_notify($1, $2)', [channel, topics.join(' ')]);
      }
    } catch (error) {
      onError(error as Error);
    } finally {
      sending = false;
    }
  };

  const connect = async () => {
    const next = new pg.Client(connectionConfig(url, 'attune doorbell'));
    const lost = (error?: Error) => {
      if (client !== next && client !== undefined) return;
      client = undefined;
      if (error) onError(error);
      if (closed || retryTimer) return;
      retryTimer = setTimeout(() => {
        retryTimer = undefined;
        void connect();
      }, retryMs);
      retryMs = Math.min(retryMs * 2, reconnectMs.most);
    };
    next.on('error', lost);
    next.on('end', () => lost());
    next.on('notification', ({ payload }) => {
      for (const topic of (payload ?? '').split(' ')) hear(topic as Topic);
    });
    try {
      await next.connect();
      await next.query(`listen ${channel}`);
    } catch (error) {
      lost(error as Error);
      return;
    }
    if (isClosed()) {
      await next.end();
      return;
    }
    client = next;
    retryMs = reconnectMs.first;
    for (const topic of listeners.keys()) hear(topic);
    void flush();
  };
  const connecting = connect();

  return {
    ring(...topics) {
      for (const topic of topics) waiting.add(topic);
      setImmediate(() => void flush());
    },
    on(topic, listener) {
      const set = listeners.get(topic) ?? new Set();
      listeners.set(topic, set.add(listener));
      return () => set.delete(listener);
    },
    async close() {
      closed = true;
      clearTimeout(retryTimer);
      await connecting;
      await client?.end().catch(() => undefined);
    },
  };
}
