// npm run generate: writes packages/client/openapi.json as the server describes itself, and the client's generated files from it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateClient } from './generate-client.mjs';
import { ensureBuilt, requireNode, root } from './lib.mjs';

requireNode();
await ensureBuilt();
const { apiDocument } = await import('@attune/server');
const document = await apiDocument();
const client = join(root, 'packages', 'client');
await writeFile(join(client, 'openapi.json'), `${JSON.stringify(document, null, 2)}\n`);
await generateClient(document, join(client, 'src', 'generated'));
