import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/** Milliseconds for which a server that stops waits for the first request of a connection: one that is on its way is still answered. */
const firstRequestMs = 500;

/** Lets a server end that has connections on which nothing was ever asked, as browsers open them ahead. Node takes each for one whose
 *  request is arriving, and would wait for it as long as a request may take to arrive. Call it before the server listens.
 *  @returns begins the end of such connections; call it when the server stops. */
export function watchUnused(server: Server): () => void {
  const unused = new Set<Socket>();
  server.on('connection', (socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  for (const used of ['request', 'upgrade'] as const) {
    server.on(used, ({ socket }: IncomingMessage) => unused.delete(socket));
  }
  return () => {
    setTimeout(() => {
      for (const socket of unused) socket.destroy();
    }, firstRequestMs);
  };
}
