import { AttuneError, type PackFiles } from '@attune/core';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { packCache } from '../../src/worker/pack-cache.ts';

const root = mkdtempSync(join(tmpdir(), 'attune-cache-'));
afterAll(() => rmSync(root, { recursive: true }));

const files: PackFiles = new Map([
  ['actions/run.sh', { content: Buffer.from('echo hi\n'), mode: 0o755 as const }],
  ['lib/data.txt', { content: Buffer.from('data'), mode: 0o644 as const }],
]);

test('a revision is written once, with its modes, however many ask', async () => {
  let loads = 0;
  const cache = packCache(root, () => {
    loads += 1;
    return Promise.resolve(files);
  });
  const folders = await Promise.all([1, 2, 3].map(() => cache.folderOf('demo', 'a'.repeat(64))));
  expect(new Set(folders)).toEqual(new Set([join(root, 'demo', 'a'.repeat(64))]));
  expect(loads).toBe(1);
  expect(readFileSync(join(folders[0] ?? '', 'actions/run.sh'), 'utf8')).toBe('echo hi\n');
  // another process finds it there
  await packCache(root, () => Promise.reject(new Error('not asked'))).folderOf('demo', 'a'.repeat(64));
  expect(statSync(join(folders[0] ?? '', 'actions/run.sh')).mode & 0o777).toBe(0o755);
});

test('a failure is not kept: the next one tries again', async () => {
  const answers = [undefined, files];
  const cache = packCache(root, () => Promise.resolve(answers.shift()));
  await expect(cache.folderOf('demo', 'b'.repeat(64))).rejects.toBeInstanceOf(AttuneError);
  await expect(cache.folderOf('demo', 'b'.repeat(64))).resolves.toContain('b'.repeat(64));
});
