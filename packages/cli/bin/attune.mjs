#!/usr/bin/env node
// A committed stub, so that npx finds the command before the first build.
import { ensureBuilt, requireNode } from '../../../scripts/lib.mjs';

requireNode();
await ensureBuilt();
const { main } = await import('../dist/main.js');
process.exitCode = await main(process.argv.slice(2));
