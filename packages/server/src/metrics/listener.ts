import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AttuneError } from '@attune/core';
import type { Logger } from 'pino';
import type { Stop } from '../deps.ts';
import type { Metrics } from './registry.ts';

/** Tells the metrics of this process at `/metrics`, to whoever can reach the port.
 *  @throws AttuneError configuration where the port is taken. */
export async function listenForMetrics(metrics: Metrics, host: string, port: number, log: Logger): Promise<Stop> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    void metrics.render().then((text) => {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new AttuneError('configuration', `ATTUNE_METRICS_PORT: cannot listen at port ${port} of ${host}`, { cause }),
      ),
    );
    server.listen(port, host, resolve);
  });
  log.info({ port: (server.address() as AddressInfo).port }, 'Metrics can be read');
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
}
