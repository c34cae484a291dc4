import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadSecretKey } from '../src/secret-key.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'attune-key-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const hex = 'ab'.repeat(32);

test('the key is made once, readable by its owner only, and found again', () => {
  const made = loadSecretKey(home, undefined);
  expect(statSync(join(home, 'secret.key')).mode & 0o777).toBe(0o600);
  const again = loadSecretKey(home, undefined);
  expect(again.id).toBe(made.id);
  expect(again.open(made.seal('ü 🧀'))).toBe('ü 🧀');
});

test('a key in the environment counts, in hex as in base64', () => {
  const fromHex = loadSecretKey(home, hex);
  expect(loadSecretKey(home, Buffer.from(hex, 'hex').toString('base64')).id).toBe(fromHex.id);
  expect(fromHex.id).toMatch(/^[0-9a-f]{16}$/);
});

test('an envelope names its key, differs each time, and does not survive a change', () => {
  const key = loadSecretKey(home, hex);
  const [one, two] = [key.seal('same'), key.seal('same')];
  expect(one).not.toBe(two);
  expect(one.split('.').slice(0, 2)).toEqual(['v1', key.id]);
  const [version = '', id = '', content = ''] = one.split('.');
  const bytes = Buffer.from(content, 'base64url');
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => key.open([version, id, changed.toString('base64url')].join('.'))).toThrow(/changed or cut/);
  }
  for (const broken of ['', 'v1', `v1.${id}`, `v1.${id}.`, `v1.${id}.AAAA`, `v2.${id}.${content}`]) {
    expect(() => key.open(broken)).toThrow();
  }
});

test('an envelope of another key is refused, naming both', () => {
  const [one, other] = [loadSecretKey(home, hex), loadSecretKey(home, 'cd'.repeat(32))];
  expect(() => other.open(one.seal('x'))).toThrow(new RegExp(`${one.id}.*${other.id}`));
});

test('what is derived for one purpose is not what is derived for another', () => {
  const key = loadSecretKey(home, hex);
  expect(key.derive('a')).toHaveLength(32);
  expect(Buffer.from(key.derive('a')).equals(key.derive('b'))).toBe(false);
  expect(Buffer.from(key.derive('a')).equals(loadSecretKey(home, hex).derive('a'))).toBe(true);
});

test('what is no key is refused, naming the variable or the file', () => {
  expect(() => loadSecretKey(home, 'short')).toThrow(/ATTUNE_SECRET_KEY is not a key; expected 32 bytes/);
  writeFileSync(join(home, 'secret.key'), 'nonsense');
  expect(() => loadSecretKey(home, undefined)).toThrow(/secret\.key is not a key/);
});
