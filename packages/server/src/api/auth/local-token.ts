import { readFile, rename, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { identities, tokens, type Database } from '@attune/db';
import { adminLogin } from './first-start.ts';
import { hashToken, integrationPrefix, makeToken } from './opaque-token.ts';

/** Makes sure that `cli-token.json` in the data folder logs the local CLI in as `admin`. Who can read the file (mode 0600) could read
 *  the secret key beside it too. A token that is missing, or that this database does not accept, is replaced and its
 *  predecessor revoked. */
export async function ensureLocalToken(db: Database, home: string, url: string): Promise<void> {
  const path = join(home, 'cli-token.json');
  const token = await acceptedToken(db, path);
  await write(path, { url, token: token ?? (await replaceToken(db, home)) });
}

async function acceptedToken(db: Database, path: string): Promise<string | undefined> {
  try {
    const { token } = JSON.parse(await readFile(path, 'utf8')) as { token?: unknown };
    if (typeof token !== 'string') return undefined;
    return (await identities.findByIntegrationToken(db, hashToken(token))) === undefined ? undefined : token;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function replaceToken(db: Database, home: string): Promise<string> {
  const token = makeToken(integrationPrefix);
  const label = `local CLI of ${hostname()}:${home}`;
  return db.transaction(async (tx) => {
    const admin = await identities.findByLogin(tx, adminLogin);
    if (admin === undefined) throw new Error(`There is no identity '${adminLogin}' to make a token for`);
    await tokens.revokeIntegrationByLabel(tx, admin.id, label);
    await tokens.insertIntegration(tx, {
      identity: admin.id,
      label,
      token_hash: hashToken(token),
      token_prefix: token.slice(0, integrationPrefix.length + 6),
    });
    return token;
  });
}

/** Written whole and renamed, so that no command meets half of it. */
async function write(path: string, content: { url: string; token: string }): Promise<void> {
  const partial = `${path}.${process.pid}`;
  await writeFile(partial, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  await rename(partial, path);
}
