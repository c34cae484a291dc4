import type { Database, Doorbell } from '@attune/db';
import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metrics } from './registry.ts';

/** Milliseconds between two looks at the event loop. */
const loopLookMs = 20;

/** What every process tells of itself.
 *  @returns ends the looks at its event loop. */
export function watchProcess(
  metrics: Metrics,
  { db, pulse, bell }: { db: Database; pulse: Database; bell: Doorbell },
): () => void {
  const delay = monitorEventLoopDelay({ resolution: loopLookMs });
  delay.enable();
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.read(name, { type: 'gauge', help }, () => [[read()]]);
  const counter = (name: string, help: string, read: () => number) =>
    metrics.read(name, { type: 'counter', help }, () => [[read()]]);

  metrics.read(
    'attune_event_loop_delay_seconds',
    {
      type: 'gauge',
      help: 'How late the event loop was since it was last asked: what the process computes without a pause keeps all else waiting',
      labels: ['quantile'],
    },
    () => {
      const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - loopLookMs / 1e3);
      const reading = [
        [late(delay.percentile(50)), '0.5'],
        [late(delay.percentile(99)), '0.99'],
        [late(delay.max), '1'],
      ] as const;
      delay.reset();
      return reading;
    },
  );
  metrics.read(
    'attune_database_connections',
    { type: 'gauge', help: 'Connections to PostgreSQL by pool and state', labels: ['pool', 'state'] },
    () =>
      Object.entries({ work: db, pulse }).flatMap(([pool, database]) => {
        const { total, idle } = database.connections();
        return [
          [total - idle, pool, 'in_use'],
          [idle, pool, 'idle'],
        ] as const;
      }),
  );
  metrics.read(
    'attune_database_waiting',
    { type: 'gauge', help: 'Statements and transactions that wait for a connection, by pool', labels: ['pool'] },
    () => Object.entries({ work: db, pulse }).map(([pool, one]) => [one.connections().waiting, pool] as const),
  );
  counter('attune_doorbell_rings_total', 'Times that this process had something to tell', () => bell.counts().rings);
  counter('attune_doorbell_notifies_total', 'NOTIFY statements sent for them', () => bell.counts().notifies);
  counter('attune_doorbell_heard_total', 'Notifications heard, of whatever process', () => bell.counts().heard);
  counter(
    'attune_doorbell_reconnects_total',
    'Times the connection of the doorbell was lost and made again',
    () => bell.counts().reconnects,
  );
  gauge('attune_process_start_time_seconds', 'When this process started, in seconds since 1970', () => startedAt);
  counter('attune_process_cpu_seconds_total', 'Processor time of this process', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  gauge('attune_process_resident_memory_bytes', 'Memory of this process', () => process.memoryUsage.rss());
  gauge('attune_process_heap_bytes', 'Memory of its JavaScript values', () => process.memoryUsage().heapUsed);
  metrics.read(
    'attune_process_open_handles',
    { type: 'gauge', help: 'Files and sockets it has open; on Linux only' },
    () => (process.platform === 'linux' ? [[readdirSync('/proc/self/fd').length]] : []),
  );
  return () => delay.disable();
}

const startedAt = Math.round((Date.now() - performance.now()) / 1000);
