import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

/** A way to PostgreSQL for one process that can be cut. */
export interface Proxy extends AsyncDisposable {
  readonly port: number;
  /** Resets all connections. @returns how many there were. */
  drop(): number;
  /** Lets nothing through the present connections, in either direction, and keeps them open. New ones work unless `alsoNew`. */
  freeze(alsoNew: boolean): number;
  /** Lets everything through again: what is frozen goes on, is reset, or stays silent for ever. */
  thaw(then: 'resume' | 'reset' | 'silence'): void;
}

interface Pair {
  client: Socket;
  server: Socket;
  isHalted: boolean;
  silent: boolean;
}

/** @param upstream where PostgreSQL listens now. */
export async function openProxy(upstream: () => number): Promise<Proxy> {
  const pairs = new Set<Pair>();
  let frozen = false;
  // a goodbye is passed on by hand, so that a silent connection does not answer it
  const listener = createServer({ allowHalfOpen: true }, (client) => {
    const server = connect(upstream(), '127.0.0.1');
    const pair: Pair = { client, server, isHalted: false, silent: false };
    pairs.add(pair);
    const end = () => {
      if (pair.silent) return; // nobody learns of the end
      pairs.delete(pair);
      cut(client);
      cut(server);
    };
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('error', end).on('close', end);
      from.setNoDelay(true);
      from.pipe(to, { end: false });
      from.on('end', () => {
        if (!pair.silent) to.end();
      });
    }
    if (frozen) halt(pair);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));

  const halt = (pair: Pair) => {
    const { client, server } = pair;
    pair.isHalted = true;
    client.unpipe(server).pause();
    server.unpipe(client).pause();
  };
  const flow = (pair: Pair) => {
    const { client, server } = pair;
    if (!pair.isHalted) return; // what is piped twice would arrive twice
    pair.isHalted = false;
    client.pipe(server, { end: false });
    server.pipe(client, { end: false });
  };
  const reset = (pair: Pair) => {
    pairs.delete(pair);
    cut(pair.client);
    cut(pair.server);
  };
  let halted: Pair[] = [];
  return {
    port: (listener.address() as AddressInfo).port,
    drop() {
      const dropped = [...pairs];
      dropped.forEach(reset);
      return dropped.length;
    },
    freeze(alsoNew) {
      frozen = alsoNew;
      halted = [...pairs].filter((pair) => !pair.silent);
      halted.forEach(halt);
      return halted.length;
    },
    thaw(then) {
      const all = then === 'resume' || frozen ? [...pairs].filter((pair) => !pair.silent) : halted;
      frozen = false;
      halted = [];
      for (const pair of all) {
        if (then === 'resume') flow(pair);
        else if (then === 'reset') reset(pair);
        else {
          // to the database the client has gone; the client hears nothing any more
          pair.silent = true;
          pair.client.resume();
          cut(pair.server);
        }
      }
    },
    async [Symbol.asyncDispose]() {
      for (const pair of pairs) {
        pair.client.destroy();
        pair.server.destroy();
      }
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

/** Ends a connection at once. One that is only being made, or is being closed already, cannot be reset: Node would keep it for ever. */
function cut(socket: Socket): void {
  if (socket.connecting || socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
