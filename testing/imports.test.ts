import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const packages = join(import.meta.dirname, '..', 'packages');

/** The arrows of the design: what a room may import, directly or through another. npm hoists, so an import that is not declared
 *  would still resolve; this test is what keeps `web` from ever seeing `pg`. */
const arrows: Record<string, readonly string[]> = {
  core: [],
  pack: ['core'],
  db: ['core'],
  engine: ['db', 'core'],
  client: ['core'],
  server: ['engine', 'db', 'pack', 'core'],
  cli: ['client', 'pack', 'core'],
};

/** Services meet in rows and notifications, never in each other's code. */
const services = ['api', 'executor', 'worker', 'notifier', 'supervisor'];

interface Import {
  from: string;
  name: string;
}

const isTest = (path: string) => /\.test\.ts$|\.test-support\.ts$/.test(path) || path.includes('/test/');

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !isTest(path))
    .map((path) => join(folder, path));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const pattern = /(?:from|import)\s*\(?\s*'([^']+)'/g;
  return [...text.matchAll(pattern)].map((match) => ({ from: file, name: match[1] ?? '' }));
}

const all = Object.keys(arrows).flatMap((room) =>
  sourceFiles(join(packages, room, 'src')).flatMap((file) => importsOf(file).map((one) => ({ room, ...one }))),
);

test('every room is in the arrows and has sources', () => {
  expect(readdirSync(packages).sort()).toEqual(Object.keys(arrows).sort());
  expect(all.length).toBeGreaterThan(100);
});

test('no import goes against the arrows', () => {
  const wrong = all.filter(({ room, name }) => {
    const target = /^@attune\/([a-z]+)/.exec(name)?.[1];
    return target !== undefined && target !== room && !(arrows[room] ?? []).includes(target);
  });
  expect(wrong.map(describe)).toEqual([]);
});

test('a room is imported by its name and only through what it exports', () => {
  const wrong = all.filter(({ room, from, name }) => {
    if (!name.startsWith('.')) return /^@attune\/[a-z]+\/(src|dist)\//.test(name);
    return relative(join(packages, room), resolve(dirname(from), name)).startsWith('..');
  });
  expect(wrong.map(describe)).toEqual([]);
});

test('services never import each other', () => {
  const serviceOf = (path: string) =>
    services.find((name) => path.startsWith(join(packages, 'server', 'src', name) + '/'));
  const wrong = all.filter(({ room, from, name }) => {
    const own = serviceOf(from);
    if (room !== 'server' || own === undefined || !name.startsWith('.')) return false;
    const other = serviceOf(resolve(dirname(from), name));
    return other !== undefined && other !== own;
  });
  expect(wrong.map(describe)).toEqual([]);
});

test('core is pure: nothing of Node, no clock, no randomness', () => {
  const wrong = all.filter(({ room, name }) => room === 'core' && name.startsWith('node:'));
  expect(wrong.map(describe)).toEqual([]);
  const impure =
    /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.now\(|\bprocess\.|\bglobalThis\.(crypto|fetch)/;
  const files = sourceFiles(join(packages, 'core', 'src')).filter((file) => impure.test(readFileSync(file, 'utf8')));
  expect(files.map((file) => relative(packages, file))).toEqual([]);
});

test('SQL stands only in the database room', () => {
  const wrong = all.filter(({ room, name }) => ['kysely', 'pg'].includes(name) && room !== 'db');
  expect(wrong.map(describe)).toEqual([]);
});

const describe = ({ from, name }: Import) => `${relative(packages, from)} imports ${name}`;
