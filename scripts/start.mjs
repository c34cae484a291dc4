// npm start: installs what is missing, builds what is stale, then runs the server with all services.
import { ensureBuilt, requireNode } from './lib.mjs';

requireNode();
await ensureBuilt();
const { main } = await import('../packages/server/dist/main.js');
process.exitCode = await main(process.argv.slice(2));
