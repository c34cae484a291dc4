import { spawn } from 'node:child_process';
import path from 'node:path';
import { until } from '../run/wait.mjs';

const tellStarts = path.join(import.meta.dirname, 'tell-starts.mjs');
const program = path.join(import.meta.dirname, '..', '..', 'packages', 'server', 'bin', 'attune-server.mjs');

/** Starts the command `attune-server` as a process of its own and waits until it says that it is ready.
 *  @param services names; none: all of them
 *  @param onStart called with the time, as `monotonicMs` gives it, when an action of it starts
 *  @returns `url` of the API where it is among them, `pid`, and `stop()` */
export async function startServer(services, env, onStart) {
  const telling = onStart === undefined ? [] : ['--import', tellStarts];
  const child = spawn(process.execPath, [...telling, program, ...services], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ATTUNE_PORT: '0', ATTUNE_LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe', ...(onStart === undefined ? [] : ['ipc'])],
  });
  if (onStart !== undefined) child.on('message', onStart);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part) => (output = (output + part).slice(-8_000)));
  }
  const ended = new Promise((resolve) => child.once('close', resolve));
  // it would outlive this process, and so would a database of its own
  const endToo = () => child.kill('SIGTERM');
  process.once('exit', endToo);
  void ended.then(() => process.off('exit', endToo));
  const name = `attune-server ${services.join(' ')}`;
  await until(
    `${name} is ready`,
    () => {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${name} ended:\n${output}`);
      return / ready( at|\.)/.test(output);
    },
    { pauseMs: 2, limitMs: 60_000 },
  ).catch((error) => {
    child.kill('SIGKILL');
    throw new Error(`${error.message}\n${output}`);
  });
  return {
    pid: child.pid,
    url: / ready at (\S+)/.exec(output)?.[1],
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      const killing = setTimeout(() => child.kill('SIGKILL'), 60_000);
      await ended;
      clearTimeout(killing);
    },
  };
}
