import { breakPoint } from './break-point.ts';
import { Client, pipelined, streamOf } from './client.ts';
import { connectionConfig } from './database.ts';

/** What a ring says: there may be new work of this kind. It carries no data; whoever hears it reads the rows. `execution`: for an executor or
 *  a worker; `builtin` and `process`: for workers alone, and which of their ways to run it. */
export type Topic = 'event' | 'execution' | 'builtin' | 'process' | 'cancel' | 'change';

export interface Doorbell {
  /** Rings after a commit: at once within this process, by one NOTIFY for rings in quick succession everywhere else. A lost one costs
   *  latency, never work. */
  ring(...topics: Topic[]): void;
  /** Calls `listener` at each ring, and once after every reconnect, since rings may have been missed. Returns the way off. */
  on(topic: Topic, listener: () => void): () => void;
  /** What it did since it was opened. */
  counts(): Readonly<DoorbellCounts>;
  close(): Promise<void>;
}

export interface DoorbellCounts {
  /** Calls of `ring`. */
  rings: number;
  /** NOTIFY statements sent for them. */
  notifies: number;
  /** Notifications heard, of whatever process. */
  heard: number;
  /** Connections that were made after the first. */
  reconnects: number;
}

/** A channel for each topic: a process that does not listen to it sleeps on. */
const channelOf = (topic: Topic): string => `${channelPrefix}${topic}`;
const channelPrefix = 'attune_';

/** The channel on which a connection rings for itself. */
const proofOf = (client: Client): string => `attune_proof_${client.processID ?? 0}`;

/** One statement for all topics, prepared for each choice of them. */
const ringFor = (topics: readonly Topic[]) => ({
  name: `ring ${topics.join(' ')}`,
  text: `select ${topics.map((topic) => `pg_notify('${channelOf(topic)}', '')`).join(', ')}`,
});

const reconnectMs = { first: 100, most: 1_000 };

/** Milliseconds of silence after which the doorbell rings for itself, and as many until it must have heard that: a connection that was
 *  lost without a word is replaced within twice that time. */
const doorbellQuietMs = 3_000;

/** Milliseconds between two rings that only say that something changed: whoever shows it is not behind by more. */
const changeGapMs = 20;

/** Opens the one connection of this process that listens and notifies. NOTIFY never goes into a working transaction: its lock
 *  would serialise all commits. */
export function openDoorbell(
  url: string,
  onError: (error: Error) => void,
  { quietMs = doorbellQuietMs }: { quietMs?: number } = {},
): Doorbell {
  const listeners = new Map<Topic, Set<() => void>>();
  const waiting = new Set<Topic>();
  /** Rung and not yet heard within this process. */
  const near = new Set<Topic>();
  let isSoon = false;
  let client: Client | undefined;
  let sending = false;
  let closed = false;
  let retryMs = reconnectMs.first;
  let retryTimer: NodeJS.Timeout | undefined;
  const counts: DoorbellCounts = { rings: 0, notifies: 0, heard: 0, reconnects: -1 };
  let changedAt = -changeGapMs;
  let gapTimer: NodeJS.Timeout | undefined;
  let isProving = false;
  let heardAt = 0;

  /** Asked anew each time: it may have been closed while a connection was being made. */
  const isClosed = () => closed;

  const hear = (topic: Topic) => {
    for (const listener of listeners.get(topic) ?? []) listener();
  };

  /** Whether what waits may wait a little longer, for more that will travel with it. */
  const canWait = (): boolean => {
    const now = performance.now();
    const isUrgent = [...waiting].some((topic) => topic !== 'change');
    const waitMs = changedAt + changeGapMs - now;
    if (!isUrgent && waitMs > 0) {
      gapTimer ??= setTimeout(() => {
        gapTimer = undefined;
        void flush();
      }, waitMs);
      return true;
    }
    if (waiting.has('change')) changedAt = now;
    return false;
  };

  const flush = async () => {
    if (sending || client === undefined) return;
    sending = true;
    try {
      while (waiting.size > 0 && !canWait()) {
        const topics = [...waiting].sort();
        waiting.clear();
        counts.notifies += 1;
        breakPoint('doorbell.ringing');
        await client.query(ringFor(topics));
      }
    } catch (error) {
      onError(error as Error);
    } finally {
      sending = false;
    }
  };

  const listen = (to: Client, topics: readonly Topic[]) =>
    to.query(topics.map((topic) => `listen ${channelOf(topic)}`).join('; '));

  const connect = async () => {
    const config = connectionConfig(url, 'attune doorbell');
    const next = new Client({
      ...config,
      ...pipelined,
      // it writes nothing that must last, so nothing of it waits for the disk
      options: `${config.options ?? ''} -c synchronous_commit=off`,
    });
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
    next.on('notification', ({ channel, processId }) => {
      heardAt = performance.now();
      isProving = false;
      if (channel === proofOf(next)) return;
      counts.heard += 1;
      const topic = channel.slice(channelPrefix.length) as Topic;
      // its own rings were heard when it rang, but for changes, which are worth a look less often
      if (processId !== next.processID || topic === 'change') hear(topic);
    });
    try {
      await next.connect();
      await next.query(`listen ${proofOf(next)}`);
      // more of them may come meanwhile
      for (let listened = 0; listened < listeners.size;) {
        const topics = [...listeners.keys()].slice(listened);
        listened += topics.length;
        await listen(next, topics);
      }
    } catch (error) {
      lost(error as Error);
      return;
    }
    if (isClosed()) {
      await next.end();
      return;
    }
    client = next;
    counts.reconnects += 1;
    heardAt = performance.now();
    isProving = false;
    retryMs = reconnectMs.first;
    for (const topic of listeners.keys()) hear(topic);
    void flush();
  };
  const connecting = connect();

  const prove = () => {
    if (client === undefined || performance.now() - heardAt < quietMs) return;
    if (isProving) {
      // nobody answers there: its own loss says so, and the next connection is made
      cut(client);
      return;
    }
    isProving = true;
    heardAt = performance.now();
    client.query(`notify ${proofOf(client)}`).catch(() => undefined); // the loss of the connection says it
  };
  const proving = setInterval(prove, quietMs / 3);
  proving.unref();

  return {
    counts: () => ({ ...counts, reconnects: Math.max(counts.reconnects, 0) }),
    ring(...topics) {
      counts.rings += 1;
      for (const topic of topics) waiting.add(topic);
      for (const topic of topics) if (topic !== 'change') near.add(topic);
      if (isSoon) return;
      isSoon = true;
      setImmediate(() => {
        isSoon = false;
        const heard = [...near];
        near.clear();
        for (const topic of heard) hear(topic);
        void flush();
      });
    },
    on(topic, listener) {
      const known = listeners.get(topic);
      listeners.set(topic, (known ?? new Set()).add(listener));
      if (known === undefined && client !== undefined)
        listen(client, [topic]).then(
          () => hear(topic), // rings may have been missed until then
          () => undefined, // the next connection listens to it
        );
      return () => listeners.get(topic)?.delete(listener);
    },
    async close() {
      closed = true;
      clearInterval(proving);
      clearTimeout(retryTimer);
      clearTimeout(gapTimer);
      await connecting;
      await client?.end().catch(() => undefined);
    },
  };
}

/** Ends a connection that may be dead: a goodbye would wait for an answer. */
const cut = (client: Client): void =>
  void streamOf(client).destroy(new Error('The doorbell heard nothing of itself: its connection is lost'));
