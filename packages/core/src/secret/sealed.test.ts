import { expect, test } from 'vitest';
import type { JsonObject } from '../json.ts';
import { escapeMarkers, isSealed, maskSecrets, openSecrets, sealedIn, sealSecrets, secretMask } from './sealed.ts';

const vault = {
  seal: (text: string) => `sealed:${Array.from(text).reverse().join('')}`,
  open: (envelope: string) => Array.from(envelope.slice('sealed:'.length)).reverse().join(''),
};
const given: JsonObject = {
  user: 'me',
  token: { deep: [9007199254740993n, 'hunter2'] },
  list: [{ pin: 1 }, { pin: 2 }],
};
const paths = [['token'], ['list', 'pin'], ['absent']];

test('only what the paths lead to is sealed, and opening gives it back with its type and digits', () => {
  const sealed = sealSecrets(given, paths, vault);
  expect(JSON.stringify(sealed)).not.toContain('hunter2');
  expect(sealed['user']).toBe('me');
  expect((sealed['list'] as JsonObject[]).every(({ pin = null }) => isSealed(pin))).toBe(true);
  expect(openSecrets(sealed, vault)).toEqual(given);
});

test('what is sealed already is not sealed again', () => {
  const sealed = sealSecrets(given, paths, vault);
  expect(sealSecrets(sealed, paths, vault)).toEqual(sealed);
});

test('with nothing secret in it a value is what it was', () => {
  expect(sealSecrets(given, [], vault)).toBe(given);
  expect(sealSecrets({ user: 'me', token: null }, paths, vault)).toEqual({ user: 'me', token: null });
  const plain = { a: [{ b: 1 }] };
  expect(openSecrets(plain, vault)).toBe(plain);
});

test('whatever is sealed is masked, and what the paths lead to', () => {
  const sealed = sealSecrets(given, [['list', 'pin']], vault);
  expect(maskSecrets(sealed, [['token']])).toEqual({
    user: 'me',
    token: secretMask,
    list: [{ pin: secretMask }, { pin: secretMask }],
  });
});

test('what only pretends to be sealed is found, and escaped in what actions answer', () => {
  const forged = { data: [{ $attune_sealed: 'v1.x' }, { $attune_sealed: 1, more: 2 }] };
  expect(sealedIn(forged)).toEqual(['/data/0', '/data/1']);
  expect(escapeMarkers(forged)).toEqual({ data: [{ $$attune_sealed: 'v1.x' }, { $$attune_sealed: 1, more: 2 }] });
  expect(sealedIn(escapeMarkers(forged))).toEqual([]);
});
