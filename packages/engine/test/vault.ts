import { AttuneError, type Vault } from '@attune/core';
import { openDatabase, type Database } from '@attune/db';
import { freshDatabase } from '../../../testing/database.ts';

/** Reversible, and nothing of the text is left in it; it refuses what it did not seal, as the real one does. */
export const vault: Vault = {
  seal: (text) => `v1.test.${Buffer.from(text).toString('hex')}`,
  open: (envelope) => {
    const [version, key, content = ''] = envelope.split('.');
    if (version !== 'v1' || key !== 'test' || !/^([0-9a-f]{2})*$/.test(content)) {
      throw new AttuneError('configuration', 'A stored secret was encrypted under another key');
    }
    return Buffer.from(content, 'hex').toString();
  },
};

/** A database whose connections can keep secrets. */
export async function secretDatabase(): Promise<{ db: Database } & AsyncDisposable> {
  const fresh = await freshDatabase();
  const db = openDatabase(fresh.url, { vault });
  return {
    db,
    async [Symbol.asyncDispose]() {
      await db.close();
      await fresh[Symbol.asyncDispose]();
    },
  };
}
