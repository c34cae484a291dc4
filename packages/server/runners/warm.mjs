// Calls the function `run` of one action again and again: `runner: warm` of Node actions. argv: the folder of the pack, the action's
// file. Descriptor 3 is the worker: a line of JSON for each call, { parameters, context, env }, answered by a line { ok, memory,
// children, length } and as many bytes of JSON: what run() returned, or the text of what it threw.
import { Socket } from 'node:net';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';

const [, , folder, path] = process.argv;
process.argv = [process.argv[0], path];
const channel = new Socket({ fd: 3 });
channel.on('close', () => process.exit(0)); // the worker needs it no more, or is gone
channel.on('error', () => process.exit(0));

let run;
let parts = [];
channel.on('data', (piece) => {
  const end = piece.indexOf(10);
  if (end === -1) return void parts.push(piece);
  const line = Buffer.concat([...parts, piece.subarray(0, end)]).toString();
  parts = [];
  void answer(JSON.parse(line)); // the next line comes after the answer
});

async function answer({ parameters, context, env }) {
  for (const [name, value] of Object.entries(env)) {
    if (value === null) delete process.env[name];
    else process.env[name] = value;
  }
  const cancel = cancellable(context);
  let ok = true;
  let payload;
  try {
    process.chdir(folder);
    run ??= await load();
    payload = JSON.stringify((await run(parameters, context)) ?? null);
    if (payload === undefined) throw new TypeError('What run() returned is no JSON value');
  } catch (error) {
    ok = false;
    console.error(withoutOwnFrames(error));
    payload = JSON.stringify(error instanceof Error ? `${error.name}: ${error.message}` : inspect(error));
  }
  cancel.done();
  const bytes = Buffer.from(payload);
  const children = process.getActiveResourcesInfo().includes('ProcessWrap');
  const header = JSON.stringify({ ok, memory: process.memoryUsage.rss(), children, length: bytes.length });
  channel.write(Buffer.concat([Buffer.from(`${header}\n`), bytes]));
}

/** Of the stack only what is the action's. */
function withoutOwnFrames(error) {
  for (let one = error; one instanceof Error && typeof one.stack === 'string'; one = one.cause) {
    const lines = one.stack.split('\n');
    const own = lines.findIndex((line) => line.includes(import.meta.url));
    if (own > 0) one.stack = lines.slice(0, own).join('\n');
  }
  return error;
}

async function load() {
  const module = await import(pathToFileURL(path).href);
  const found = module.run ?? module.default?.run;
  if (typeof found !== 'function') throw new TypeError('The action exports no function run(parameters, context)');
  return found;
}

/** Gives the context a `signal` that is aborted by SIGTERM. A call that never looked at it is ended by SIGTERM, like any process. */
function cancellable(context) {
  let controller;
  const abort = () => controller.abort(new Error('The action is to stop'));
  Object.defineProperty(context, 'signal', {
    enumerable: false,
    get() {
      if (controller === undefined) {
        controller = new AbortController();
        process.once('SIGTERM', abort);
      }
      return controller.signal;
    },
  });
  return { done: () => process.off('SIGTERM', abort) };
}
