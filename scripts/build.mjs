// npm run build: installs what is missing and compiles what is stale.
import { ensureBuilt, requireNode } from './lib.mjs';

requireNode();
await ensureBuilt();
