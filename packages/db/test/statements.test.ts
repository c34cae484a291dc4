import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type Compilable,
  type RawBuilder,
} from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../testing/database.ts';
import { compileRaw } from '../src/compile-raw.ts';
import { sql, type Tx } from '../src/database.ts';
import * as db from '../src/index.ts';
import { noVault } from '../src/no-vault.ts';

// Every statement is prepared on the migrated schema, so that a renamed column fails here within a second. The statements are
// found by calling each function of each noun with a handle that only notes them, and with arguments that answer to anything.

/** Answers to any property with itself, is a list of one of itself, and is '1' where text is wanted. */
const anything: unknown = new Proxy(
  {},
  {
    get(_target, key) {
      if (key === 'then' || key === 'toJSON') return undefined;
      if (key === Symbol.toPrimitive || key === 'toString') return () => '1';
      if (key === 'length') return 1;
      const methods = [[anything], '1', Buffer.from('1')].map((model): unknown => {
        const member: unknown = Reflect.get(Object(model), key);
        return typeof member === 'function' ? member.bind(model) : undefined;
      });
      return methods.find((method) => method !== undefined) ?? anything;
    },
  },
);

type Noted = RawBuilder<unknown> | Compilable;

function notingTx(note: (statement: Noted) => void): Tx & { transaction: unknown } {
  const noting = (answer: unknown) => (statement: Noted) => {
    note(statement);
    return Promise.resolve(answer) as Promise<never>;
  };
  const tx = {
    vault: noVault,
    many: noting([anything]),
    maybe: noting(anything),
    one: noting(anything),
    run: noting(1),
    list: noting([anything]),
    along: () => undefined,
    transaction: (body: (inner: Tx) => unknown) => body(tx),
  };
  return tx;
}

type Statement = (tx: Tx, ...rest: unknown[]) => unknown;

/** Arguments that are called. */
const callbacks = new Map<unknown, unknown[]>([[db.idempotency.once, [anything, () => Promise.resolve({ id: '1' })]]]);

/** What stands beside the statements and makes none by itself. */
const helpers = new Set<unknown>([db.lists.page, db.lists.whereGiven]);

const functions = Object.entries(db).flatMap(([noun, members]) =>
  typeof members === 'object'
    ? Object.entries(members as Record<string, unknown>)
        .filter((entry): entry is [string, Statement] => typeof entry[1] === 'function' && !helpers.has(entry[1]))
        .map(([name, statement]) => ({ name: `${noun}.${name}`, statement }))
    : [],
);

const compiler = new Kysely<unknown>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (kysely) => new PostgresIntrospector(kysely),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

const textOf = (statement: Noted) =>
  ('isRawBuilder' in statement ? statement.compile(compiler) : statement.compile()).sql;

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

test.each(functions)('$name', async ({ statement }) => {
  const noted: Noted[] = [];
  await statement(
    notingTx((one) => noted.push(one)),
    ...(callbacks.get(statement) ?? Array.from({ length: 8 }, () => anything)),
  );
  expect(noted).not.toEqual([]);
  for (const one of noted) {
    if (!('isRawBuilder' in one)) continue;
    const [long, short] = [one.compile(compiler), compileRaw(one)];
    expect(short?.sql ?? long.sql).toBe(long.sql);
    expect((short ?? long).parameters.every((value, index) => value === long.parameters[index])).toBe(true);
  }
  await database.db.transaction(async (tx) => {
    for (const text of noted.map(textOf)) {
      await tx.list(sql.raw(`prepare noted as ${text}`)).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${text}`);
      });
      await tx.list(sql`deallocate noted`);
    }
  });
});

test('what consists of text and values is spelt without the compiler, anything else is left to it', () => {
  const inner = sql`b = ${[2, 3]}`;
  const statement = sql`select ${1} where ${inner} or ${sql.join([4, inner], sql` or `)} ${sql.raw('limit 1')}`;
  expect(compileRaw(statement)).toEqual({
    sql: 'select $1 where b = $2 or $3 or b = $4 limit 1',
    parameters: [1, [2, 3], 4, [2, 3]],
  });
  expect(statement.compile(compiler)).toMatchObject(compileRaw(statement) ?? {});
  expect(compileRaw(sql`select ${sql.ref('a.b')}`)).toBeUndefined();
  expect(compileRaw(sql`select ${sql.lit(1)}`)).toBeUndefined();
});
