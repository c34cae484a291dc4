import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseJson, stringifyJson, type Json, type JsonObject } from '@attune/core';
import { identities, type Database } from '@attune/db';
import { pino } from 'pino';
import { freshDatabase, type TestDatabase } from '../../../../testing/database.ts';
import { builtInSets } from '../../src/api/auth/permission.ts';
import { ensureAdmin } from '../../src/api/auth/first-start.ts';
import { passwords as makePasswords, type Passwords } from '../../src/api/auth/password.ts';
import { buildApi, type BuiltApi } from '../../src/api/build.ts';
import { watchInstallation } from '../../src/metrics/installation.ts';
import { createMetrics } from '../../src/metrics/registry.ts';
import { loadSecretKey, type SecretKey } from '../../src/secret-key.ts';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | number | undefined>;
  text: string;
  /** The body, integers by all their digits. */
  body: JsonObject;
}

export interface CallOptions {
  token?: string | undefined;
  body?: Json | Uint8Array;
  headers?: Record<string, string>;
}

/** An API on a database of its own, asked without a socket. */
export interface TestApi extends AsyncDisposable, BuiltApi {
  db: Database;
  databaseUrl: string;
  secrets: SecretKey;
  passwords: Passwords;
  /** Topics that were rung. */
  rung: string[];
  /** The clock of the process; tests set it. */
  clock: { now: Date };
  password: string;
  admin: string;
  viewer: string;
  call(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'HEAD' | 'DELETE',
    path: string,
    options?: CallOptions,
  ): Promise<Answer>;
}

/** @param open what makes the database; default: a migrated, empty one. */
export async function testApi(open: () => Promise<TestDatabase> = freshDatabase): Promise<TestApi> {
  const database = await open();
  const home = await mkdtemp(join(tmpdir(), 'attune-api-'));
  const secrets = loadSecretKey(home, undefined);
  const db = database.open({ vault: secrets });
  const passwords = makePasswords();
  const clock = { now: new Date() };
  const rung: string[] = [];
  const password = (await ensureAdmin(db, passwords)) ?? '';
  const log = pino({ level: 'silent' });
  const bell = { ring: (...topics: string[]) => void rung.push(...topics) };
  const url = () => 'https://attune.example';
  const metrics = createMetrics();
  watchInstallation(metrics, db);
  const built = await buildApi(
    { db, bell, log, secrets, metrics, now: () => clock.now, isStopping: () => false, url },
    passwords,
  );
  await built.app.ready();

  const call: TestApi['call'] = async (method, path, { token, body, headers = {} } = {}) => {
    const isRaw = body instanceof Uint8Array;
    const response = await built.app.inject({
      method,
      url: path,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined || isRaw ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: isRaw ? Buffer.from(body) : stringifyJson(body) }),
    });
    const isJson = String(response.headers['content-type']).includes('application/json') && response.body !== '';
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.body,
      body: isJson ? (parseJson(response.body) as JsonObject) : {},
    };
  };

  const logIn = async (login: string, secret: string) => {
    const { body } = await call('POST', '/auth/login', { body: { login, password: secret } });
    return ((body['data'] as JsonObject)['access_token'] as string | undefined) ?? '';
  };
  const viewer = await identities.insert(db, {
    login: 'viewer',
    display_name: null,
    password_hash: await passwords.hash('a viewer'),
  });
  await identities.assign(db, viewer?.id ?? '', builtInSets.viewer.ref);

  return {
    ...built,
    db,
    databaseUrl: database.url,
    secrets,
    passwords,
    rung,
    clock,
    password,
    admin: await logIn('admin', password),
    viewer: await logIn('viewer', 'a viewer'),
    call,
    async [Symbol.asyncDispose]() {
      await built.app.close();
      await database[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    },
  };
}

export const errorOf = (answer: Answer) =>
  answer.body['error'] as { code: string; message: string; details: JsonObject[]; request_id: string } & JsonObject;

export const dataOf = (answer: Answer) => answer.body['data'] as JsonObject;

export const rowsOf = (answer: Answer) => answer.body['data'] as JsonObject[];
