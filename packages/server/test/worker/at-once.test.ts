import type { Id, JsonObject } from '@attune/core';
import { sql } from '@attune/db';
import { requestApart } from '@attune/engine';
import { expect, test } from 'vitest';
import { registerCore } from '../../../../testing/core-pack.ts';
import { openSite, type Site } from './site.ts';

/** Requests built-ins by their messages, before a worker is there. */
async function requested(site: Site, ...parameters: JsonObject[]): Promise<Id[]> {
  await registerCore(site.db);
  return requestApart(
    site.db,
    parameters.map((one) => ({ action_ref: 'core.echo', parameters: one, executor: null })),
    (answers) => answers as Id[],
  );
}

test('a built-in that only computes ends without a lease, whatever the length of what it says', async () => {
  await using site = await openSite();
  const long = 'x'.repeat(150_000);
  const [short = '', longer = ''] = await requested(site, { message: 'hello' }, { message: long });
  await site.worker();
  expect(await site.reached(short, 'completed')).toMatchObject({
    lease_token: null,
    result: { exit_code: 0, succeeded: true, stdout: 'hello' },
  });
  await site.reached(longer, 'completed');
  expect(await site.log(short)).toBe('hello');
  expect(await site.log(longer)).toBe(long);
  expect(await site.db.one(sql`select count(*)::int as pieces from execution_log where execution = ${longer}`)).toEqual(
    {
      pieces: 3,
    },
  );
});

test('one with wrong parameters fails and says so, and one whose secrets cannot be read harms no other', async () => {
  await using site = await openSite();
  const [wrong = '', sealed = '', sound = ''] = await requested(site, {}, {}, { message: 'sound' });
  await site.db.run(sql`update execution set config = '{"message": 7}' where id = ${wrong}`);
  await site.db.run(sql`update execution set config = '{"message": {"$attune_sealed": "?"}}' where id = ${sealed}`);
  await site.worker();
  expect((await site.reached(sound, 'completed')).lease_token).toBeNull();
  expect((await site.reached(wrong, 'failed')).result).toMatchObject({
    error: expect.stringContaining('Invalid parameters') as string,
    details: [{ pointer: '/message' }],
  });
  expect((await site.reached(sealed, 'failed')).result).toMatchObject({
    error: expect.stringContaining('The worker could not run the action') as string,
  });
});

test('one that the database does not let end holds up no other, and ends when it may', async () => {
  await using site = await openSite();
  const [stuck = '', ...others] = await requested(
    site,
    ...Array.from({ length: 20 }, (_, n) => ({ message: `m${n}` })),
  );
  await site.db.run(
    sql.raw(`create function refuse() returns trigger language plpgsql as $$ begin
      if new.id = ${stuck} and new.status = 'completed' then raise exception 'not this one'; end if;
      return new; end $$`),
  );
  await site.db.run(sql`create trigger refuse before update on execution for each row execute function refuse()`);
  await site.worker();
  for (const id of others) await site.reached(id, 'completed');
  expect((await site.row(stuck)).status).toBe('running');
  await site.db.run(sql`drop trigger refuse on execution`);
  expect((await site.reached(stuck, 'completed')).result).toMatchObject({ stdout: 'm0' });
});
