// A Node process that waits to become one action. On descriptor 3 it gets one line of JSON, { script, cwd, env }, once its standard
// input holds what the action is to read; nothing at all means that it is not needed. An action is to find what `node SCRIPT` would find.
'use strict';
const fs = require('node:fs');
const Module = require('node:module');

const channel = 3;

const { ATTUNE_ROOM: _, ...own } = process.env;
become([process.execPath, __filename], own); // nobody need see the room
const line = readLine();
if (line === '') process.exit(0);
const { script, cwd, env } = JSON.parse(line);
fs.closeSync(channel);
become([process.execPath, script], env);
process.chdir(cwd);
process.argv.splice(1, process.argv.length, script);
delete require.cache[__filename];
// from a turn of its own, so that nothing of this file stands in the action's stack
setImmediate(Module.runMain);

function readLine() {
  const parts = [];
  const piece = Buffer.alloc(65_536);
  for (;;) {
    const length = fs.readSync(channel, piece, 0, piece.length, null);
    if (length === 0) return '';
    parts.push(Buffer.from(piece.subarray(0, length)));
    if (piece[length - 1] === 10) return Buffer.concat(parts).toString();
  }
}

/** Makes these the process's variables, and shows them with its arguments. */
function become(args, variables) {
  for (const name of Object.keys(process.env)) delete process.env[name]; // until then entries of the C library lie where we write
  show(args, variables);
  Object.assign(process.env, variables);
}

/** Shows these in /proc in place of what the process began with: that is how a worker finds what an attempt started. Only Linux has
 *  such a place; elsewhere workers do not look. */
function show(args, variables) {
  if (process.platform !== 'linux') return;
  const stat = fs.readFileSync('/proc/self/stat', 'latin1');
  // proc(5): fields 48 to 51 are where arguments and environment begin and end
  const [argsBegin, argsEnd, envBegin, envEnd] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(45, 49)
    .map(Number);
  const memory = fs.openSync('/proc/self/mem', 'r+');
  write(memory, argsBegin, argsEnd, args);
  write(
    memory,
    envBegin,
    envEnd,
    Object.entries(variables).map((entry) => entry.join('=')),
  );
  fs.closeSync(memory);
}

function write(memory, begin, end, entries) {
  const area = Buffer.alloc(end - begin);
  area.write(entries.map((entry) => `${entry}\0`).join(''));
  fs.writeSync(memory, area, 0, area.length, begin);
}
