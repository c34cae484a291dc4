import type { PackFiles } from '@attune/core';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../testing/database.ts';
import { isRegistered, registerPack } from '../src/index.ts';

const filesOf = (version: string, mode: 0o644 | 0o755 = 0o644): PackFiles =>
  new Map([
    ['pack.yaml', { content: new TextEncoder().encode(`ref: test\nversion: ${version}\n`), mode: 0o644 }],
    ['a/b.sh', { content: new TextEncoder().encode('true\n'), mode }],
  ]);

test('exactly the files that a pack is registered with are known, and none that differ', async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  const register = (files: PackFiles) =>
    registerPack(db, { files, source_path: null, force: true }, { seal: (text) => text });
  expect(await isRegistered(db, filesOf('1.0.0'))).toBe(false);
  await register(filesOf('1.0.0'));
  expect(await isRegistered(db, filesOf('1.0.0'))).toBe(true);
  expect(await isRegistered(db, filesOf('1.0.0', 0o755))).toBe(false);
  await register(filesOf('1.0.1'));
  expect(await isRegistered(db, filesOf('1.0.0'))).toBe(false);
  expect(await isRegistered(db, filesOf('1.0.1'))).toBe(true);
});
