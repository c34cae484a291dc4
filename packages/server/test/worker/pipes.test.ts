import { closeSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openPipes } from '../../src/worker/pipes.ts';

test('pipes that are being made when all are to go are waited for, and go too', async () => {
  const root = mkdtempSync(join(tmpdir(), 'attune-pipes-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const [bin, gate] = [join(root, 'bin'), join(root, 'gate')];
  mkdirSync(bin);
  // one that makes nothing until the gate is there
  const path = process.env['PATH'] ?? '';
  const script = `#!/bin/sh\nuntil [ -e '${gate}' ]; do sleep 0.01; done\nPATH='${path}' exec mkfifo "$@"\n`;
  writeFileSync(join(bin, 'mkfifo'), script, { mode: 0o755 });
  const folder = join(root, 'pipes');
  const pipes = openPipes(folder);
  const take = async () => {
    const { readFd, writeFd } = await pipes.take();
    for (const fd of [readFd, writeFd]) closeSync(fd);
  };
  for (let taken = 0; taken < 48; taken += 1) await take();

  vi.stubEnv('PATH', `${bin}:${path}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  await take(); // too few are left: more are made
  let isClosed = false;
  const closed = pipes.close().then(() => (isClosed = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(isClosed).toBe(false);
  writeFileSync(gate, '');
  await closed;
  expect(existsSync(folder)).toBe(false);
});
