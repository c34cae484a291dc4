import { keyValue, seal, sealedAs, type JsonObject } from '@attune/core';
import { keys, type Tx } from '@attune/db';

/** The keys that are visible to what runs for an action or a pack, by name, each sealed. Of several with one name that of the action
 *  comes first, then the pack's, then the system's. What an older system encrypted cannot be opened, and counts as not there. */
export async function keystoreOf(
  tx: Tx,
  of: { action: string | null; pack: string; names: readonly string[] | null },
): Promise<JsonObject> {
  const rows = await keys.visible(tx, of);
  return Object.fromEntries(
    rows.flatMap((row) => {
      if (row.encrypted) return row.value_format === 'json' ? [[row.name, sealedAs(row.value)]] : [];
      const value = keyValue(row, tx.vault);
      return value === undefined ? [] : [[row.name, seal(value, tx.vault)]];
    }),
  );
}
