#!/usr/bin/env node
// A committed stub, so that npx finds the command before the first build.
import { ensureBuilt, requireNode } from '../../../scripts/lib.mjs';
import { load } from './load.mjs';

requireNode();
await ensureBuilt();
process.exitCode = await load().exports.main(process.argv.slice(2));
