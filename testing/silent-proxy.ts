import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface SilentProxy extends AsyncDisposable {
  /** The database's URL by way of the proxy. */
  url: string;
  /** From now on nothing passes on the connections that are open, and nobody is told: as if a cable were cut. New ones work. */
  goSilent(): void;
  /** The next connection that asks something with this text goes silent before anybody hears it. */
  goSilentAt(text: string): void;
}

/** Stands between us and the database. */
export async function silentProxy(databaseUrl: string): Promise<SilentProxy> {
  const target = new URL(databaseUrl);
  const pairs = new Set<[Socket, Socket]>();
  let fatal: string | undefined;
  const silence = (pair: [Socket, Socket]) => {
    for (const socket of pair) {
      socket.unpipe();
      socket.pause();
    }
  };
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    near.on('data', (sent) => {
      if (fatal === undefined || !sent.includes(fatal)) return;
      fatal = undefined;
      silence(pair);
    });
    for (const [from, to] of [pair, [far, near]] as const) {
      from.on('error', () => undefined);
      from.pipe(to);
      from.on('close', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    goSilent() {
      for (const pair of pairs) silence(pair);
    },
    goSilentAt: (text) => void (fatal = text),
    async [Symbol.asyncDispose]() {
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
