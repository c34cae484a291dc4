import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AttuneError, digestFiles, digestPack, formatProblem, type PackFile } from '@attune/core';
import { materialisePack } from './materialise.ts';
import { readPackFolder } from './read-folder.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'attune-pack-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function write(files: Record<string, string>): Promise<string> {
  const folder = join(home, 'pack');
  await mkdir(folder, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

/** What a refused read says, one line a problem. */
const problemsOf = async (read: Promise<unknown>): Promise<string[]> => {
  const error = await read.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AttuneError);
  return (error as AttuneError).details.map(formatProblem);
};

test('all plain files are read with their modes, and what tools keep is left out', async () => {
  const folder = await write({
    'pack.yaml': 'ref: x',
    'actions/run.sh': 'echo',
    '.hidden': '1',
    '.git/config': '',
    'node_modules/a/index.js': '',
    'lib/__pycache__/x.pyc': '',
  });
  await chmod(join(folder, 'actions/run.sh'), 0o700);
  await chmod(join(folder, 'pack.yaml'), 0o600);
  const files = await readPackFolder(folder);
  expect([...files].map(([path, { mode }]) => [path, mode])).toEqual([
    ['.hidden', 0o644],
    ['actions/run.sh', 0o755],
    ['pack.yaml', 0o644],
  ]);
  expect(Buffer.from(files.get('actions/run.sh')?.content ?? []).toString()).toBe('echo');
});

test('links and special files are refused, all of them named', async () => {
  const folder = await write({ 'pack.yaml': 'ref: x', 'actions/a': '' });
  await symlink('/etc/passwd', join(folder, 'actions/outside'));
  await symlink('pack.yaml', join(folder, 'inside'));
  await symlink('..', join(folder, 'up'));
  execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', join(folder, 'pipe')]);
  expect(await problemsOf(readPackFolder(folder))).toEqual([
    'actions/outside: A pack must not contain links',
    'inside: A pack must not contain links',
    'pipe: A pack must contain plain files and folders only',
    'up: A pack must not contain links',
  ]);
});

test('each limit is an error of its own, and reached is not passed', async () => {
  const folder = await write({ a: '12', b: '345' });
  const limits = { files: 2, file_bytes: 3, total_bytes: 5 };
  expect((await readPackFolder(folder, limits)).size).toBe(2);
  expect(await problemsOf(readPackFolder(folder, { ...limits, files: 1 }))).toEqual([
    'A pack may have at most 1 files, and there are more',
  ]);
  expect(await problemsOf(readPackFolder(folder, { ...limits, file_bytes: 2 }))).toEqual([
    'b: A file may have at most 2 bytes, not 3',
  ]);
  expect(await problemsOf(readPackFolder(folder, { ...limits, total_bytes: 4 }))).toEqual([
    'The files of a pack are too large in all: b is beyond the limit',
  ]);
});

test('a folder that is not there says so', async () => {
  await expect(readPackFolder(join(home, 'nowhere'))).rejects.toMatchObject({ code: 'not_found' });
  await writeFile(join(home, 'file'), '');
  await expect(readPackFolder(join(home, 'file'))).rejects.toMatchObject({ code: 'not_found' });
});

const packFile = (text: string, mode: PackFile['mode'] = 0o644): PackFile => ({ content: Buffer.from(text), mode });

test('what is written is what was read, under any umask', async () => {
  const files = new Map([
    ['pack.yaml', packFile('ref: x')],
    ['actions/deep/run.sh', packFile('echo', 0o755)],
  ]);
  const target = join(home, 'cache', 'x', 'revision');
  const umask = process.umask(0o077);
  try {
    await materialisePack(target, files);
  } finally {
    process.umask(umask);
  }
  expect((await stat(join(target, 'actions/deep/run.sh'))).mode & 0o777).toBe(0o755);
  expect(digestPack(digestFiles(await readPackFolder(target)))).toBe(digestPack(digestFiles(files)));
});

test('many at once leave one complete folder and nothing beside it', async () => {
  const files = new Map(Array.from({ length: 20 }, (_, i) => [`f${i}`, packFile(String(i))] as const));
  const target = join(home, 'cache', 'revision');
  await Promise.all(Array.from({ length: 8 }, () => materialisePack(target, files)));
  expect(await readdir(dirname(target))).toEqual(['revision']);
  expect(await readdir(target)).toHaveLength(20);
});

test('a path that leaves the folder writes nothing', async () => {
  const target = join(home, 'cache', 'revision');
  const files = new Map([
    ['a', packFile('')],
    ['../../escaped', packFile('')],
  ]);
  await expect(materialisePack(target, files)).rejects.toMatchObject({ code: 'invalid_pack' });
  expect(await readdir(home)).toEqual([]);
});

test('a folder that exists is left as it is', async () => {
  const target = join(home, 'revision');
  await materialisePack(target, new Map([['a', packFile('1')]]));
  await materialisePack(target, new Map([['a', packFile('2')]]));
  expect(await readFile(join(target, 'a'), 'utf8')).toBe('1');
});
