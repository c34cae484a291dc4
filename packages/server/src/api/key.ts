import {
  AttuneError,
  keyNameForm,
  keyOwnerTypes,
  keyRef,
  keyValue,
  largestKeyValue,
  secretMask,
  storedKeyValue,
  stringifyJson,
  type Json,
} from '@attune/core';
import {
  actions,
  audit,
  identities,
  keys,
  lists,
  packs,
  type Caller,
  type KeyOwner,
  type KeyRow,
  type Tx,
} from '@attune/db';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { audited, callerOf } from './auth/caller.ts';
import { permits, type Permission } from './auth/permission.ts';
import type { ApiDeps } from './deps.ts';
import type { Api } from './edge/api.ts';
import { pageAnswer, pageRequest } from './edge/cursor.ts';
import { found } from './edge/found.ts';
import {
  FlagSchema,
  IdSchema,
  InstantSchema,
  JsonSchema,
  listOf,
  oneOf,
  pageQuery,
  WordSchema,
} from './edge/schema.ts';
import { createOnce, idempotencyHeaders, requestHash } from './idempotency.ts';

const OwnerTypeSchema = z.enum([...keyOwnerTypes, 'sensor']).meta({ id: 'KeyOwnerType' });

const summaryShape = {
  id: IdSchema,
  ref: z.string().describe('`system.NAME`, `pack.PACK.NAME`, `action.PACK.ACTION.NAME` or `identity.ID.NAME`'),
  owner_type: OwnerTypeSchema,
  owner: IdSchema.nullable().describe('Id of the owner; null for the system'),
  owner_ref: z.string().nullable().describe('Ref of the pack or action, login of the identity'),
  name: z.string().describe('What expressions call it: `keystore.NAME`'),
  encrypted: z
    .boolean()
    .describe('Whether its value is a secret: kept sealed, shown only when it is asked to be decrypted'),
  created: InstantSchema,
  updated: InstantSchema,
};

const KeySummarySchema = z.object(summaryShape).meta({ id: 'KeySummary' });

const KeySchema = z
  .object({
    ...summaryShape,
    value: JsonSchema.describe('Masked where it is encrypted, unless it was to be decrypted'),
  })
  .meta({ id: 'Key' });

const NameSchema = z.string().refine((name) => keyNameForm.test(name), `expected ${keyNameForm.expected}`);

const NewKeySchema = z
  .strictObject({
    name: NameSchema,
    owner_type: z.enum(keyOwnerTypes).default('system'),
    owner: WordSchema.optional().describe(
      'Ref of the pack or action; login of the identity, or `me`; none for the system',
    ),
    value: JsonSchema.describe(`Any JSON value of at most ${largestKeyValue / 1024} KiB`),
    encrypted: z.boolean().default(true),
  })
  .meta({ id: 'NewKey' });

const KeyValueSchema = z
  .strictObject({
    value: JsonSchema.describe(`Any JSON value of at most ${largestKeyValue / 1024} KiB`),
    encrypted: z.boolean().optional().describe('Default: as it is'),
  })
  .meta({ id: 'KeyValue' });

/** Longer than other refs: it holds those of an action and of the key. Older systems took any characters. */
const keyParams = z.object({ ref: z.string().regex(/^[^\p{Cc}\p{Surrogate}]{1,400}$/u, 'expected the ref of a key') });

/** An identity has its own keys without any permission; so these routes look at the key themselves. */
export function keyRoutes(app: Api, deps: ApiDeps): void {
  readRoutes(app, deps);
  changeRoutes(app, deps);
}

function readRoutes(app: Api, { db }: ApiDeps): void {
  app.get(
    '/api/v1/keys',
    {
      config: { permission: 'authenticated' },
      schema: {
        tags: ['keys'],
        operationId: 'listKeys',
        summary: 'List keys, without their values',
        description: 'Without the permission `keys:read` only your own.',
        querystring: z.strictObject({
          ...pageQuery,
          owner_type: OwnerTypeSchema.optional(),
          owner: WordSchema.optional().describe('Ref of the pack or action, login of the identity'),
          name: WordSchema.optional(),
        }),
        response: { 200: listOf(KeySummarySchema) },
      },
    },
    async (request) => {
      const { owner_type, owner: owner_ref, name } = request.query;
      const caller = callerOf(request);
      const identity = permits(caller.grants, 'keys:read') ? undefined : caller.id;
      const page = await lists.keyPage(
        db,
        { owner_type, owner_ref, name, identity },
        pageRequest('keys', request.query),
      );
      return pageAnswer('keys', page);
    },
  );

  app.get(
    '/api/v1/keys/:ref',
    {
      config: { permission: 'authenticated' },
      schema: {
        tags: ['keys'],
        operationId: 'getKey',
        summary: 'Show a key',
        description:
          'It needs the permission `keys:read`, or to be the owner. With `decrypt=true` an encrypted value is shown in clear, which ' +
          'needs `keys:decrypt`, or to be the owner, and is audited.',
        params: keyParams,
        querystring: z.strictObject({ decrypt: FlagSchema.default(false).describe('Show the value in clear') }),
        response: { 200: oneOf(KeySchema) },
      },
    },
    async (request) => {
      const { ref } = request.params;
      return db.transaction(async (tx) => {
        const row = await visibleKey(tx, callerOf(request), ref);
        if (!request.query.decrypt || !row.encrypted) return { data: await shown(tx, row) };
        demand(callerOf(request), row, 'keys:decrypt');
        const value = keyValue(row, tx.vault);
        if (value === undefined) {
          throw new AttuneError('conflict', `Key '${ref}' was encrypted by an older system; set its value again`);
        }
        await audit.insert(tx, entryOf(request, 'key.decrypt', ref));
        return { data: { ...(await shown(tx, row)), value } };
      });
    },
  );
}

function changeRoutes(app: Api, { db, secrets }: ApiDeps): void {
  app.post(
    '/api/v1/keys',
    {
      config: { permission: 'authenticated' },
      schema: {
        tags: ['keys'],
        operationId: 'createKey',
        summary: 'Make a key',
        description: 'It needs the permission `keys:create`; for your own keys none.',
        headers: idempotencyHeaders,
        body: NewKeySchema,
        response: { 200: oneOf(KeySchema), 201: oneOf(KeySchema) },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { name, owner_type, owner: given, value, encrypted } = request.body;
      const owner = await ownerOf(db, caller, owner_type, given);
      demand(caller, { owner_type, owner: idOf(owner) }, 'keys:create');
      const ref = keyRef(owner_type, owner.type === 'identity' ? owner.id : (given ?? ''), name);
      const stored = stored64(value, encrypted, db);
      const { id, repeated } = await createOnce(
        db,
        {
          scope: `keys:${caller.id}`,
          key: request.headers['idempotency-key'],
          entity_type: 'key',
          request_hash: () => requestHash({ ref, value, encrypted }, secrets),
        },
        async (tx) => {
          const made = await keys.insert(tx, { ref, name, ...stored }, owner);
          if (made === undefined) {
            throw new AttuneError('conflict', `There is a key '${name}' of this owner already; PUT sets its value`);
          }
          await audit.insert(tx, entryOf(request, 'key.create', ref));
          return made;
        },
      );
      const made = found(await lists.findKeyById(db, id), 'key', ref);
      const row = found(await keys.find(db, made.ref), 'key', ref);
      void reply.code(repeated ? 200 : 201);
      return { data: await shown(db, row) };
    },
  );

  app.put(
    '/api/v1/keys/:ref',
    {
      config: { permission: 'authenticated' },
      schema: {
        tags: ['keys'],
        operationId: 'setKey',
        summary: 'Set the value of a key',
        description:
          'It needs the permission `keys:update`, or to be the owner. What runs keeps the value it began with.',
        params: keyParams,
        body: KeyValueSchema,
        response: { 200: oneOf(KeySchema) },
      },
    },
    async (request) => {
      const { ref } = request.params;
      const { value, encrypted } = request.body;
      return db.transaction(async (tx) => {
        const row = await visibleKey(tx, callerOf(request), ref, 'keys:update');
        await keys.setValue(tx, ref, stored64(value, encrypted ?? row.encrypted, tx));
        await audit.insert(tx, entryOf(request, 'key.update', ref));
        return { data: await shown(tx, found(await keys.find(tx, ref), 'key', ref)) };
      });
    },
  );

  app.delete(
    '/api/v1/keys/:ref',
    {
      config: { permission: 'authenticated' },
      schema: {
        tags: ['keys'],
        operationId: 'deleteKey',
        summary: 'Delete a key',
        description: 'It needs the permission `keys:delete`, or to be the owner.',
        params: keyParams,
        response: { 200: oneOf(z.object({ ref: z.string(), deleted: z.literal(true) })) },
      },
    },
    async (request) => {
      const { ref } = request.params;
      await db.transaction(async (tx) => {
        await visibleKey(tx, callerOf(request), ref, 'keys:delete');
        await keys.remove(tx, ref);
        await audit.insert(tx, entryOf(request, 'key.delete', ref));
      });
      return { data: { ref, deleted: true as const } };
    },
  );
}

type KeyPermission = Extract<Permission, `keys:${string}`>;

const isOwner = (caller: Caller, key: Pick<KeyRow, 'owner_type' | 'owner'>): boolean =>
  key.owner_type === 'identity' && key.owner === caller.id;

/** @throws AttuneError forbidden, naming the permission. */
function demand(caller: Caller, key: Pick<KeyRow, 'owner_type' | 'owner'>, permission: KeyPermission): void {
  if (isOwner(caller, key) || permits(caller.grants, permission)) return;
  throw new AttuneError('forbidden', `This needs the permission ${permission}, or to be the owner of the key`);
}

/** A key that the caller may see, and may do this with. To others it is as if it were not there. */
async function visibleKey(tx: Tx, caller: Caller, ref: string, permission?: KeyPermission): Promise<KeyRow> {
  const row = await keys.find(tx, ref);
  const maySee =
    row !== undefined &&
    (isOwner(caller, row) ||
      permits(caller.grants, 'keys:read') ||
      (permission !== undefined && permits(caller.grants, permission)));
  const key = found(maySee ? row : undefined, 'key', ref);
  if (permission !== undefined) demand(caller, key, permission);
  return key;
}

async function shown(tx: Tx, row: KeyRow): Promise<lists.KeySummary & { value: Json }> {
  const summary = found(await lists.findKey(tx, row.ref), 'key', row.ref);
  return { ...summary, value: row.encrypted ? secretMask : (keyValue(row, tx.vault) ?? null) };
}

/** @throws AttuneError too_large */
function stored64(value: Json, encrypted: boolean, { vault }: Pick<Tx, 'vault'>) {
  const size = Buffer.byteLength(stringifyJson(value));
  if (size > largestKeyValue) {
    const pointer = '/value';
    const message = `expected at most ${largestKeyValue} bytes of JSON, not ${size}`;
    throw new AttuneError('too_large', 'The value is too large for a key', { details: [{ message, pointer }] });
  }
  return storedKeyValue(value, encrypted, vault);
}

const idOf = (owner: KeyOwner): string | null => (owner.type === 'system' ? null : owner.id);

/** @throws AttuneError unknown_ref, or invalid_input where an owner is given too much or too little. */
async function ownerOf(tx: Tx, caller: Caller, type: KeyOwner['type'], given: string | undefined): Promise<KeyOwner> {
  if (type === 'system') {
    if (given !== undefined)
      throw wrongOwner('the system has no other name; leave `owner` out, or say another `owner_type`');
    return { type };
  }
  if (given === undefined)
    throw wrongOwner(`expected the ${type === 'identity' ? 'login of the identity' : `ref of the ${type}`}`);
  if (type === 'identity' && given === 'me') return { type, id: caller.id };
  const id =
    type === 'pack'
      ? (await packs.findByRef(tx, given))?.id
      : type === 'action'
        ? await actions.idOf(tx, given)
        : (await identities.findByLogin(tx, given))?.id;
  if (id === undefined || (type === 'identity' && id !== caller.id && !permits(caller.grants, 'keys:create'))) {
    throw new AttuneError('unknown_ref', `There is no ${type} '${given}'`, {
      details: [{ message: `expected the ${type === 'identity' ? 'login' : 'ref'} of one`, pointer: '/owner' }],
    });
  }
  return type === 'identity' ? { type, id } : { type, id, ref: given };
}

const wrongOwner = (message: string): AttuneError =>
  new AttuneError('invalid_input', 'The owner of the key is not one', { details: [{ message, pointer: '/owner' }] });

const entryOf = (request: Pick<FastifyRequest, 'caller' | 'id'>, event_type: string, ref: string) =>
  audited(request, { category: 'secret', event_type, resource_type: 'key', resource_ref: ref });
