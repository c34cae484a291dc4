import type { Database, Tx } from '@attune/db';
import { expect, test } from 'vitest';
import { beginKeeping, endKeeping, keep, recall } from '../src/kept.ts';

// what a value is kept for is only ever told apart, so nothing of a database is needed
const database = (): Database => ({}) as Database;

function transaction(db: Database): Tx {
  const tx = {} as Tx;
  beginKeeping(db, tx);
  return tx;
}

test('what a transaction read is there for others once it was committed', () => {
  const db = database();
  const [reader, other] = [transaction(db), transaction(db)];
  keep(reader, 'a', 1);
  expect(recall(reader, 'a')).toBe(1);
  expect(recall(other, 'a')).toBeUndefined();
  endKeeping(reader);
  expect(recall(other, 'a')).toBe(1);
  expect(recall(transaction(db), 'a')).toBe(1);
});

test('what a transaction read that was rolled back is there for nobody', () => {
  const db = database();
  keep(transaction(db), 'a', 'may never have been');
  expect(recall(transaction(db), 'a')).toBeUndefined();
});

test('databases share nothing, and outside a transaction nothing is kept', () => {
  const db = database();
  const tx = transaction(db);
  keep(tx, 'a', 1);
  endKeeping(tx);
  expect(recall(transaction(database()), 'a')).toBeUndefined();
  const stranger = {} as Tx;
  keep(stranger, 'a', 2);
  expect(recall(stranger, 'a')).toBeUndefined();
});

test('what is small is not kept where that is not worth it', () => {
  const tx = transaction(database());
  keep(tx, 'small', 'abc', 6);
  keep(tx, 'large', 'abcd', 6);
  expect([recall(tx, 'small'), recall(tx, 'large')]).toEqual([undefined, 'abcd']);
});

test('of more than fits, what was not used for longest goes', () => {
  const db = database();
  const quarter = 'x'.repeat(9 * 2 ** 20);
  for (const key of ['a', 'b', 'c']) {
    const tx = transaction(db);
    keep(tx, key, quarter);
    endKeeping(tx);
  }
  expect(recall(transaction(db), 'a')).toBe(quarter);
  const tx = transaction(db);
  keep(tx, 'd', quarter);
  endKeeping(tx);
  const found = ['a', 'b', 'c', 'd'].filter((key) => recall(transaction(db), key) !== undefined);
  expect(found).toEqual(['a', 'c', 'd']);
  const huge = transaction(db);
  keep(huge, 'e', 'x'.repeat(33 * 2 ** 20));
  endKeeping(huge);
  expect(recall(transaction(db), 'e')).toBeUndefined();
});
