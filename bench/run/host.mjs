import { fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import path from 'node:path';

const program = path.join(import.meta.dirname, 'host-process.mjs');

/** Opens a contender in a process of its own.
 *  @param module file that exports `open(url, tell)`, which resolves with its deeds
 *  @param node the Node it needs; default: the one that runs here
 *  @returns `call(deed, given)`, `heard(name)` for the next thing it tells under that name, and `close()`, which asks for the deed `close`
 *  and ends the process, once. */
export async function startHost({ module, url, node = process.execPath }) {
  const child = fork(program, [module], {
    execPath: node,
    execArgv: [],
    env: { ...process.env, NODE_OPTIONS: '', NODE_NO_WARNINGS: '1', BENCH_URL: url },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (part) => (complaint = (complaint + part).slice(-4_000)));
  const waiting = new Map();
  const told = new EventEmitter();
  let number = 0;
  // 'close' does not come where the channel was closed from here
  const gone = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  const lost = gone.then((code) => new Error(`${path.basename(module)} ended (exit code ${code}): ${complaint}`));
  void lost.then((error) => {
    for (const { reject } of waiting.values()) reject(error);
  });
  child.on('message', (message) => {
    if (message.told !== undefined) return told.emit(message.told, message.value);
    const { resolve, reject } = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error === undefined) resolve(message.answer);
    else reject(new Error(message.error));
  });
  const heard = (name) =>
    Promise.race([
      new Promise((resolve) => told.once(name, resolve)),
      lost.then((error) => {
        throw error;
      }),
    ]);
  const call = (deed, given) =>
    new Promise((resolve, reject) => {
      const id = ++number;
      waiting.set(id, { resolve, reject });
      child.send({ id, deed, given }, (error) => {
        if (error) reject(error);
      });
    });
  await heard('ready');
  const close = async () => {
    try {
      await call('close');
    } finally {
      if (child.connected) child.disconnect();
      await gone;
    }
  };
  let closed;
  return { call, heard, close: () => (closed ??= close()) };
}

/** Runs `body` with a host, which is closed afterwards. */
export async function withHost(starting, body) {
  const host = await starting;
  try {
    return await body(host);
  } finally {
    await host.close();
  }
}
