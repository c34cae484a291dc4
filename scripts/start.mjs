// npm start: installs what is missing, builds what is stale, then runs the server with all services.
import { load } from '../packages/server/bin/load.mjs';
import { ensureBuilt, requireNode } from './lib.mjs';

requireNode();
await ensureBuilt();

process.exitCode = await load().exports.main(process.argv.slice(2));
