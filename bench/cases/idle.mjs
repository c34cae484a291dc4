import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startServer } from '../attune/server-process.mjs';
import { memoryMib, processorSeconds } from '../run/processes.mjs';

const settleMs = 10_000;
const longestS = 60;

/** The process of the database of a data folder, which is a child of the server that started it. */
async function databaseOf(home) {
  const folder = path.join(home, 'postgres');
  const version = (await readdir(folder)).find((name) => /^\d+$/.test(name));
  const text = await readFile(path.join(folder, version, 'data', 'postmaster.pid'), 'utf8');
  return Number(text.split('\n')[0]);
}

async function turn({ bench }) {
  const home = await mkdtemp(path.join(bench.server.home, 'idle-'));
  const server = await startServer([], { ATTUNE_HOME: home });
  try {
    const database = await databaseOf(home);
    const spent = () => [processorSeconds(server.pid, database), processorSeconds(database)];
    await pause(settleMs);
    const seconds = Math.max(10, bench.sized(longestS));
    const before = spent();
    await pause(seconds * 1_000);
    const [attune, postgresql] = spent().map((value, n) => value - before[n]);
    return {
      figures: {
        processor_per_minute_s: (attune / seconds) * 60,
        postgresql_processor_per_minute_s: (postgresql / seconds) * 60,
        memory_mib: memoryMib(server.pid, database),
        postgresql_memory_mib: memoryMib(database),
      },
    };
  } finally {
    await server.stop();
    await rm(home, { recursive: true, force: true, maxRetries: 10 });
  }
}

export default {
  name: 'idle',
  about: 'attune-server with its own database and nothing to do, for a minute: processor and memory',
  unit: 'minute',
  contenders: { attune: { turn } },
  bars: [],
};
