import { createServer, type AddressInfo } from 'node:net';

/** The port on 127.0.0.1 if it is free, else any free one; 0 asks for any. Another process may take it before we do. */
export async function freePort(wanted: number): Promise<number> {
  return (await tryPort(wanted)) ?? (await tryPort(0)) ?? 0;
}

export const isFree = async (port: number): Promise<boolean> => (await tryPort(port)) !== undefined;

const tryPort = (port: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      const taken = (server.address() as AddressInfo).port;
      server.close(() => resolve(taken));
    });
  });
