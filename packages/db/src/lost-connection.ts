import type pg from 'pg';
import { Client, streamOf } from './client.ts';

/** Looks at which a connection was silent before it counts as lost. */
const silentLooks = 3;

/** Looks for which the server's word about them is waited for: the connection it is asked over may be cut, too, and is asked over anew. */
const questionLooks = 2;

/** What a client keeps of its connection; the types of the library do not tell. */
type Insides = pg.PoolClient & { processID: number | null };

interface Silence {
  bytes: number;
  looks: number;
}

/** Watches the connections of a pool that are in use. Where a connection was cut without a word (a cable, a firewall that forgets),
 *  whoever waits for its answer would wait for minutes, since TCP repeats a question for that long. So the server is asked, over
 *  another connection, whether it is at work on it; where it is not, and nothing comes, the connection is destroyed and its user told. A
 *  transaction that waits so long for something other than the database goes the same way. What cut one has often cut those that lie
 *  idle, too, and whoever takes the next one would wait as long again: they are destroyed with it.
 *  @param lookMs Milliseconds between two looks.
 *  @returns ends the watch. */
export function watchForLost(pool: pg.Pool, config: pg.ClientConfig, lookMs: number): () => void {
  const inUse = new Map<Insides, Silence>();
  const all = new Set<Insides>();
  let looking = false;
  pool.on('connect', (client) => all.add(client as Insides));
  pool.on('acquire', (client) => inUse.set(client as Insides, { bytes: bytesOf(client as Insides), looks: 0 }));
  pool.on('release', (_error, client) => inUse.delete(client as Insides));
  pool.on('remove', (client) => {
    inUse.delete(client as Insides);
    all.delete(client as Insides);
  });

  const look = async () => {
    const silent: Insides[] = [];
    for (const [client, silence] of inUse) {
      const bytes = bytesOf(client);
      silence.looks = bytes === silence.bytes ? silence.looks + 1 : 0;
      silence.bytes = bytes;
      if (silence.looks >= silentLooks - 1) silent.push(client);
    }
    if (silent.length === 0) return;
    const busy = await busyAmong({ ...config, query_timeout: questionLooks * lookMs }, silent);
    if (busy === undefined) return;
    const isLost = (client: Insides): boolean => {
      const silence = inUse.get(client);
      if (silence === undefined || bytesOf(client) !== silence.bytes) return false;
      if (busy.has(client.processID ?? 0)) silence.looks = 0;
      return silence.looks >= silentLooks;
    };
    const lost = silent.filter(isLost);
    if (lost.length === 0) return;
    const idle = [...all].filter((client) => !inUse.has(client));
    for (const client of [...lost, ...idle]) streamOf(client).destroy(new Error('The database connection is lost'));
  };
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look()
      .catch(() => undefined) // the database cannot be asked: then nothing can be told of the others
      .finally(() => (looking = false));
  }, lookMs);
  timer.unref();
  return () => clearInterval(timer);
}

const bytesOf = (client: Insides): number => {
  const { bytesRead, bytesWritten } = streamOf(client);
  return bytesRead + bytesWritten;
};

/** The backends that are at work; undefined where a pooler stands between, whose clients do not know their backend. */
async function busyAmong(config: pg.ClientConfig, clients: readonly Insides[]): Promise<Set<number> | undefined> {
  const asking = new Client(config);
  asking.on('error', () => undefined); // told by the rejected query, too
  try {
    await asking.connect();
    const { rows } = await asking.query<{ self: number; busy: number[] }>(
      `select pg_backend_pid() as self,
        array(select pid from pg_stat_activity where pid = any($1::int[]) and state not like 'idle%') as busy`,
      [clients.map((client) => client.processID ?? 0)],
    );
    const [answer] = rows;
    return answer === undefined || answer.self !== (asking as unknown as Insides).processID
      ? undefined
      : new Set(answer.busy);
  } finally {
    await asking.end().catch(() => undefined);
  }
}
