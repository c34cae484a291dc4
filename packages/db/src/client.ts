import type { Socket } from 'node:net';
import pg from 'pg';
import { connectMs, goodbyeMs } from './timeouts.ts';

/** One connection that opens soon, or says that it cannot, and that ends soon: the goodbye to one that was cut without a word would be
 *  waited for until TCP gives up, a quarter of an hour, and a process lives as long as it has connections. */
export class Client extends pg.Client {
  /** Of the process that serves it, once it is connected. */
  declare readonly processID: number | null;

  /** The bound on opening is the client's own: on a pool it would also be one on the wait for a free connection. */
  constructor(config?: pg.ClientConfig) {
    super({ ...config, connectionTimeoutMillis: connectMs });
  }

  override end(): Promise<void>;
  override end(callback: (error: Error) => void): void;
  override end(callback?: (error: Error) => void): Promise<void> | undefined {
    setTimeout(() => streamOf(this).destroy(), goodbyeMs).unref(); // the connection itself keeps the process
    if (callback === undefined) return super.end();
    super.end(callback);
    return undefined;
  }
}

/** Statements are sent without waiting for the answers to those before; the server runs them one after another. */
export const pipelined = { pipeline: true };

/** The socket below a connection; the types of the library do not tell. */
export const streamOf = (client: pg.ClientBase): Socket =>
  (client as unknown as { connection: { stream: Socket } }).connection.stream;
