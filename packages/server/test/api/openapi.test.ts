import { readFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { generateClient } from '../../../../scripts/generate-client.mjs';
import { apiDocument } from '../../src/api/document.ts';
import { testApi } from './support.test-support.ts';

const client = join(import.meta.dirname, '../../../client');
const hint = "run 'npm run generate' and commit what it writes";

test('the document is OpenAPI 3.1 and names every route', async () => {
  await using api = await testApi();
  const { text, status } = await api.call('GET', '/openapi.json');
  expect(status).toBe(200);
  const document = JSON.parse(text) as {
    openapi: string;
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  const checked = await new Validator().validate(document);
  expect(checked.errors).toBeUndefined();
  expect(checked.valid).toBe(true);
  expect(document.openapi).toBe('3.1.0');

  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  );
  const served = api.routes
    .filter(
      ({ method, url }) =>
        method !== 'HEAD' && !url.startsWith('/docs') && url !== '/openapi.json' && url !== '/metrics',
    )
    .map(({ method, url }) => `${method} ${url}`);
  expect(described.sort()).toEqual(served.sort());
  const operations = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map((one) => one.operationId),
  );
  expect(new Set(operations).size).toBe(operations.length);
});

test('the committed document is the one that is served', async () => {
  const committed = await readFile(join(client, 'openapi.json'), 'utf8');
  expect(`${JSON.stringify(await apiDocument(), null, 2)}\n` === committed, hint).toBe(true);
});

test('the committed client is what is generated from it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'attune-client-'));
  try {
    await generateClient(await apiDocument(), folder);
    const committed = join(client, 'src', 'generated');
    expect(await readdir(committed)).toEqual(await readdir(folder));
    for (const name of await readdir(folder)) {
      const [fresh, kept] = await Promise.all([
        readFile(join(folder, name), 'utf8'),
        readFile(join(committed, name), 'utf8'),
      ]);
      expect(fresh === kept, `${name}: ${hint}`).toBe(true);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('the page to browse it needs nothing from elsewhere', async () => {
  await using api = await testApi();
  const page = await api.call('GET', '/docs/');
  expect([page.status, page.text.includes('swagger-ui')]).toEqual([200, true]);
  expect(page.text).not.toMatch(/(?:src|href)="https?:/);
  const sources = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
  expect(sources.length).toBeGreaterThan(2);
  for (const source of sources) {
    const { pathname } = new URL(source, 'http://x/docs/');
    expect((await api.call('GET', pathname)).status, source).toBe(200);
  }
  expect(page.headers['content-security-policy']).toMatch(/default-src 'self'/);
});
