import { Client } from './client.ts';
import { connectionConfig } from './database.ts';
import { connectMs } from './timeouts.ts';

export interface HeldName {
  name: string;
  /** Resolves when the lock is lost, as when the database restarts: somebody else may take the name then. */
  lost: Promise<void>;
  release(): Promise<void>;
}

/** Takes a worker's name for as long as this process lives: a lock of a session of its own, which the database gives back however the
 *  process ends. Undefined where somebody else holds it. */
export async function holdWorkerName(url: string, name: string): Promise<HeldName | undefined> {
  const client = new Client({
    ...connectionConfig(url, `attune worker ${name}`),
    query_timeout: connectMs,
  });
  const lost = new Promise<void>((resolve) => client.once('end', resolve));
  client.on('error', () => undefined); // the end of the connection says it
  await client.connect();
  const { rows } = await client.query<{ held: boolean }>(
    'select pg_try_advisory_lock(hashtextextended($1, 0)) as held',
    [`attune.worker:${name}`],
  );
  const release = () => client.end();
  if (rows[0]?.held === true) return { name, lost, release };
  await release();
  return undefined;
}
