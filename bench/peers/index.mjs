import path from 'node:path';
import { startHost, withHost } from '../run/host.mjs';

/** A contender that is no Attune: its module, where it keeps its rows, and whether it needs what bench/package.json installs. */
const peer = (name, schema, needs) => {
  const module = path.join(import.meta.dirname, `${name}.mjs`);
  const start = (url, bench) => startHost({ module, url, node: needs ? bench.newerNode : process.execPath });
  return {
    name,
    schema,
    needsPeers: needs,
    /** A process of its own; any number at once. */
    start,
    prepare: ({ url, bench }) => withHost(start(url, bench), (host) => host.call('prepare')),
  };
};

export const graphileWorker = peer('graphile-worker', 'graphile_worker', true);
export const pgBoss = peer('pg-boss', 'pgboss', true);
export const dbos = peer('dbos', 'dbos', true);
/** Bare statements. */
export const floor = peer('floor', 'public', false);
