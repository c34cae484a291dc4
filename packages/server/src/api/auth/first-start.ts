import { identities, type Database } from '@attune/db';
import { builtInSets } from './permission.ts';
import { makePassword, type Passwords } from './password.ts';

export const adminLogin = 'admin';

/** Makes sure that the built-in permission sets are there and that somebody can administer: the first start makes the identity `admin`.
 *  @returns its password, which is kept nowhere in clear, or undefined where the identity was there already. */
export async function ensureAdmin(db: Database, passwords: Passwords): Promise<string | undefined> {
  const password = makePassword();
  const passwordHash = await passwords.hash(password);
  return db.transaction(async (tx) => {
    for (const set of Object.values(builtInSets)) await identities.keepPermissionSet(tx, set);
    const made = await identities.insert(tx, {
      login: adminLogin,
      display_name: 'Administrator',
      password_hash: passwordHash,
    });
    // one who was there before keeps what an operator left them, unless nobody could administer then
    await identities.assignWhereNobodyHas(tx, adminLogin, builtInSets.admin.ref);
    return made === undefined ? undefined : password;
  });
}
