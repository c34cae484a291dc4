import { expect, test } from 'vitest';
import type { FlatSchema } from '../schema/flat-schema.ts';
import { openSecrets, sealSecrets } from './sealed.ts';

const vault = {
  seal: (text: string) => `sealed:${Array.from(text).reverse().join('')}`,
  open: (envelope: string) => Array.from(envelope.slice('sealed:'.length)).reverse().join(''),
};
const schema: FlatSchema = { user: { type: 'string' }, token: { secret: true }, absent: { secret: true } };

test('only what the schema calls secret is sealed, and opening gives it back with its type and digits', () => {
  const given = { user: 'me', token: { deep: [9007199254740993n, 'hunter2'] } };
  const sealed = sealSecrets(schema, given, vault);
  expect(JSON.stringify(sealed)).not.toContain('hunter2');
  expect(sealed['user']).toBe('me');
  expect(openSecrets(sealed, vault)).toEqual(given);
});

test('what is sealed already is not sealed again', () => {
  const sealed = sealSecrets(schema, { token: 'hunter2' }, vault);
  expect(sealSecrets(schema, sealed, vault)).toEqual(sealed);
});

test('without a schema, or with nothing secret given, parameters are what they were', () => {
  const given = { token: 'plain', user: 'me' };
  expect(sealSecrets(null, given, vault)).toBe(given);
  expect(sealSecrets(schema, { user: 'me', token: null }, vault)).toEqual({ user: 'me', token: null });
  expect(openSecrets(given, vault)).toBe(given);
});
