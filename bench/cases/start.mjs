import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { startServer } from '../attune/server-process.mjs';
import { monotonicMs } from '../run/clock.mjs';
import { until } from '../run/wait.mjs';

/** Seconds from the start of the process until `GET /health` answers that work can be done. The server is stopped again. */
async function secondsToReady(home) {
  const started = monotonicMs();
  const server = await startServer([], { ATTUNE_HOME: home });
  try {
    await until('it is healthy', async () => (await fetch(`${server.url}/health`)).status === 200, { pauseMs: 2 });
    return (monotonicMs() - started) / 1_000;
  } finally {
    await server.stop();
  }
}

async function turn({ bench }) {
  const home = await mkdtemp(path.join(bench.server.home, 'start-'));
  try {
    return { figures: { empty_folder_s: await secondsToReady(home), again_s: await secondsToReady(home) } };
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 10 });
  }
}

export default {
  name: 'start',
  about:
    'attune-server with its own database, installed and built: from its start until it is healthy, on an empty folder and again',
  unit: 'start',
  contenders: { attune: { turn } },
  bars: [
    { figure: 'empty_folder_s', of: 'attune', better: 'lower', must: 3, goal: 1.2 },
    { figure: 'again_s', of: 'attune', better: 'lower', must: 2, goal: 0.6 },
  ],
};
