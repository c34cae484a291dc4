import { AttuneError, keyOwnerTypes, type KeyOwnerType } from '@attune/core';
import type { AttuneClient, KeySummary } from '@attune/client';
import type { Command } from 'commander';
import { given } from '../../connection/given.ts';

/** Whose key is meant. */
export interface Owner {
  owner_type: KeyOwnerType;
  /** Ref of the pack or action, login of the identity; undefined for the system. */
  owner: string | undefined;
}

export interface OwnerOptions {
  owner: string;
}

export const withOwner = (command: Command): Command =>
  command.option('--owner <owner>', 'whose key it is: system, pack:REF, action:REF, identity:LOGIN, or me', 'system');

/** @throws AttuneError bad_request, saying what was expected. */
export function readOwner(text: string): Owner {
  if (text === 'me') return { owner_type: 'identity', owner: 'me' };
  const [type = '', ...rest] = text.split(':');
  const owner = rest.length === 0 ? undefined : rest.join(':');
  const isType = (keyOwnerTypes as readonly string[]).includes(type);
  if (!isType || (type === 'system') !== (owner === undefined) || owner === '') {
    throw new AttuneError(
      'bad_request',
      `--owner '${text}' is nobody; expected system, pack:REF, action:REF, identity:LOGIN, or me`,
    );
  }
  return { owner_type: type as KeyOwnerType, owner };
}

export const nameOf = ({ owner_type, owner }: Owner): string =>
  owner === undefined ? 'the system' : `${owner_type} ${owner}`;

/** The key of an owner by its name; undefined where there is none. */
export async function findKey(
  client: AttuneClient,
  name: string,
  { owner_type, owner }: Owner,
): Promise<KeySummary | undefined> {
  const login = owner_type === 'identity' && owner === 'me' ? (await client.whoami()).data.login : owner;
  const { data } = await client.listKeys({ query: { owner_type, name, limit: 1, ...given({ owner: login }) } });
  return data[0];
}

/** @throws AttuneError not_found, naming the key and its owner. */
export async function theKey(client: AttuneClient, name: string, owner: Owner): Promise<KeySummary> {
  const key = await findKey(client, name, owner);
  if (key !== undefined) return key;
  throw new AttuneError('not_found', `There is no key '${name}' of ${nameOf(owner)}; 'attune key list' shows all`);
}
