import { stringifyJson, type Json } from '@attune/core';
import type { Database, Tx } from '@attune/db';

// What a row holds that never changes again, kept in memory so that a step about one item of many does not read again what all of
// them read. Kept as the row has it: what is sealed stays sealed.

/** Most that is kept for one database, in characters of JSON. */
const limit = 32 * 2 ** 20;

interface Entry {
  value: Json;
  size: number;
}

/** The values kept for one database, those used last at the end. */
class Kept {
  readonly #entries = new Map<string, Entry>();
  #size = 0;

  get(key: string): Json | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  set(key: string, entry: Entry): void {
    if (this.#entries.has(key) || entry.size > limit) return;
    this.#entries.set(key, entry);
    this.#size += entry.size;
    for (const [oldest, { size }] of this.#entries) {
      if (this.#size <= limit) return;
      this.#entries.delete(oldest);
      this.#size -= size;
    }
  }
}

const ofDatabase = new WeakMap<Database, Kept>();

function keptOf(db: Database): Kept {
  const kept = ofDatabase.get(db) ?? new Kept();
  ofDatabase.set(db, kept);
  return kept;
}

interface Reading {
  kept: Kept;
  /** What was read in a transaction that is not committed yet: others must not see it, for it may never have been. */
  staged: Map<string, Entry>;
}

const ofTransaction = new WeakMap<Tx, Reading>();

/** Lets a transaction keep what it reads. */
export const beginKeeping = (db: Database, tx: Tx): void =>
  void ofTransaction.set(tx, { kept: keptOf(db), staged: new Map() });

/** The transaction was committed: what it read is known to be. */
export function endKeeping(tx: Tx): void {
  const reading = ofTransaction.get(tx);
  for (const [key, entry] of reading?.staged ?? []) reading?.kept.set(key, entry);
}

/** Reads by statements outside of any transaction, and keeps what they read: it is committed. */
export async function readingAlone<T>(db: Database, read: (tx: Tx) => Promise<T>): Promise<T> {
  const tx: Tx = { ...db };
  beginKeeping(db, tx);
  const value = await read(tx);
  endKeeping(tx);
  return value;
}

/** Keeps a value that will never be another one under this key, once the transaction is committed.
 *  @param least what is smaller than so many characters of JSON is not worth it */
export function keep(tx: Tx, key: string, value: Json, least = 0): void {
  const reading = ofTransaction.get(tx);
  if (reading === undefined) return;
  const size = stringifyJson(value).length;
  if (size >= least) reading.staged.set(key, { value, size });
}

export function recall(tx: Tx, key: string): Json | undefined {
  const reading = ofTransaction.get(tx);
  return reading?.staged.get(key)?.value ?? reading?.kept.get(key);
}
