import { expect, test } from 'vitest';
import { keyNameForm, keyRef, keyValue, storedKeyValue } from './key.ts';

const vault = {
  seal: (text: string) => `v1.abc.${Array.from(text).reverse().join('')}`,
  open: (envelope: string) => Array.from(envelope.slice('v1.abc.'.length)).reverse().join(''),
};

test.for(['api_key', 'a.b', 'x-1', '0', 'a'.repeat(120)])('%j is a name', (name) => {
  expect(keyNameForm.test(name)).toBe(true);
});

test.for(['', 'API', 'a..b', '.a', 'a.', 'a b', 'ä', 'a/b', 'a'.repeat(121), 'a\n'])('%j is no name', (name) => {
  expect(keyNameForm.test(name)).toBe(false);
});

test('refs of different owners never meet', () => {
  expect(keyRef('system', 'whatever', 'a.b')).toBe('system.a.b');
  expect(keyRef('pack', 'github', 'a.b')).toBe('pack.github.a.b');
  expect(keyRef('action', 'github.a', 'b')).toBe('action.github.a.b');
  expect(keyRef('identity', '7', 'b')).toBe('identity.7.b');
});

test('a value comes back with its type and digits, encrypted or not', () => {
  for (const value of ['text', 9007199254740993n, null, { deep: [true] }]) {
    for (const encrypted of [true, false]) {
      const stored = storedKeyValue(value, encrypted, vault);
      expect(keyValue(stored, vault)).toEqual(value);
      expect(stored.encryption_key_hash).toBe(encrypted ? 'abc' : null);
    }
  }
});

test('a value of an older system is a text, or cannot be opened', () => {
  const old = { value: '{"a": 1}', value_format: 'text', encryption_key_hash: null } as const;
  expect(keyValue({ ...old, encrypted: false }, vault)).toBe('{"a": 1}');
  expect(keyValue({ ...old, encrypted: true }, vault)).toBeUndefined();
});
