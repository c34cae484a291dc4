import { Agent, request } from 'node:http';
import { expect, test } from 'vitest';
import { sql } from '@attune/db';
import { freshDatabase } from '../../../../testing/database.ts';
import { connect, spawnServer, temporaryHome } from '../../../../testing/server.ts';
import { until } from '../../../../testing/until.ts';

interface Answer {
  status: number;
  /** The server closes this connection, so it may be about to end. */
  closes: boolean;
}

/** Asks on a connection that is kept. */
const ask = (agent: Agent, url: string, token: string, path = '/api/v1/actions?limit=1'): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, { agent, headers: { authorization: `Bearer ${token}` } }, (response) => {
      response.resume();
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, closes: response.headers.connection === 'close' }),
      );
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end();
  });

test('who is answered after an API was asked to stop is told to close the connection', async () => {
  await using fresh = await freshDatabase();
  await using home = await temporaryHome();
  await using server = spawnServer({
    home: home.path,
    services: ['executor', 'worker', 'api'],
    env: { DATABASE_URL: fresh.url },
  });
  const { url, token } = await connect(server, home.path);
  const [agent, other] = [new Agent({ keepAlive: true }), new Agent()];
  let stopped: Promise<number> | undefined;
  let asked: Promise<Answer> | undefined;
  try {
    await fresh.db.transaction(async (tx) => {
      await tx.list(sql.raw('lock table attune.action in access exclusive mode'));
      asked = ask(agent, url, token);
      await until('the request waits', async () => {
        const { rows } = await fresh.db.one<{ rows: string }>(
          sql`select count(*) as rows from pg_locks where not granted and relation = 'attune.action'::regclass`,
        );
        return rows !== '0';
      });
      stopped = server.stop();
      await until('the API does not listen any more', () =>
        ask(other, url, token, '/health/live').then(
          () => false,
          () => true,
        ),
      );
    });
    expect(await asked).toEqual({ status: 200, closes: true });
    expect(await stopped).toBe(0);
  } finally {
    agent.destroy();
    other.destroy();
  }
});

test('an API is stopped under load, and no request of many clients fails', async () => {
  await using fresh = await freshDatabase();
  await using homeA = await temporaryHome();
  await using homeB = await temporaryHome();
  const env = { DATABASE_URL: fresh.url, ATTUNE_SECRET_KEY: Buffer.alloc(32, 1).toString('base64') };
  await using b = spawnServer({ home: homeB.path, services: ['executor', 'worker', 'api'], env });
  await using a = spawnServer({ home: homeA.path, services: ['api'], env });
  const [{ url: urlA, token }, { url: urlB }] = await Promise.all([connect(a, homeA.path), connect(b, homeB.path)]);

  const urls = [urlA, urlB];
  const failures: unknown[] = [];
  let answered = 0;
  let over = false;
  const client = async (number: number) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let at = number % 2;
    while (!over) {
      try {
        const { status, closes } = await ask(agent, urls[at] ?? '', token);
        answered += 1;
        if (status !== 200) failures.push(status);
        if (closes) at = 1 - at;
      } catch (error) {
        // nobody listens: it was never sent
        if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') failures.push(error);
        at = 1 - at;
      }
    }
    agent.destroy();
  };
  const clients = Array.from({ length: 8 }, (_, number) => client(number));
  const answersMore = async (more: number) => {
    const goal = answered + more;
    await until('requests are answered', () => answered >= goal);
  };
  try {
    await answersMore(50);
    expect(await a.stop()).toBe(0);
    await answersMore(50);
  } finally {
    over = true;
    await Promise.all(clients);
  }
  expect(failures).toEqual([]);
});
