import { sql, type Database } from '@attune/db';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from './client.ts';
import type { Company } from './company.ts';
import type { Fault, FaultKind } from './fault.ts';
import { processNames } from './fault.ts';
import { neverRead } from './listener.ts';
import type { Postgres } from './postgres.ts';

export interface World {
  company: Company;
  postgres: Postgres;
  db: Database;
  client: Client;
  /** How far the database's clock is ahead of the machine's. */
  clockSeconds: number;
  /** Opened by faults, closed at the end. */
  listeners: Socket[];
}

/** Milliseconds that a process stays stopped that stopped itself at a break point. */
const breakStopMs = 2_000;

export interface Injection {
  /** How often each kind had an effect that could be seen. */
  readonly effects: Map<FaultKind, number>;
  /** Resolves when the last fault is over; what is still frozen then goes on. */
  done: Promise<void>;
}

/** Does what the plan says, at its times. */
export function inject(world: World, faults: readonly Fault[]): Injection {
  const effects = new Map<FaultKind, number>();
  const begun = performance.now();
  const one = async (fault: Fault): Promise<void> => {
    await pause(Math.max(0, fault.at - (performance.now() - begun)));
    if (await perform(world, fault)) effects.set(fault.kind, (effects.get(fault.kind) ?? 0) + 1);
  };
  return { effects, done: Promise.all(faults.map(one)).then(() => undefined) };
}

/** @returns whether it had an effect: a process that is down already cannot be killed. */
async function perform(world: World, fault: Fault): Promise<boolean> {
  const { company, postgres } = world;
  switch (fault.kind) {
    case 'kill':
      return company.kill(fault.process, fault.down_ms);
    case 'drain':
      return company.drain(fault.process);
    case 'freeze': {
      const took = company.freeze(fault.process);
      await pause(fault.for_ms);
      company.thaw(fault.process);
      return took;
    }
    case 'break_point': {
      const breakPoint = `${fault.point}:${String(fault.nth)}:${fault.action}`;
      const took = company.kill(fault.process, 0, { breakPoint });
      if (fault.action === 'stop') {
        // it stops at a moment that nobody knows, perhaps never
        for (let round = 0; round < 3; round += 1) {
          await pause(breakStopMs);
          company.thaw(fault.process);
        }
      }
      return took;
    }
    case 'file_limit':
      return company.kill(fault.process, 0, { kilobytes: fault.kilobytes });
    case 'postgres':
      await postgres.restart();
      return true;
    case 'drop':
      return company.proxy(fault.process).drop() > 0;
    case 'half_open': {
      const proxy = company.proxy(fault.process);
      const halted = proxy.freeze(fault.then !== 'silence');
      await pause(fault.for_ms);
      proxy.thaw(fault.then);
      return halted > 0;
    }
    case 'clock':
      return jump(world, fault.seconds);
    case 'slow_consumer':
      return listen(world, fault.connections);
  }
}

/** The clock that every statement reads goes by `seconds` more from now on. */
async function jump(world: World, seconds: number): Promise<boolean> {
  const ahead = world.clockSeconds + seconds;
  const now = `now() + interval '${String(ahead)} s'`;
  try {
    await world.db.list(
      sql.raw(
        `create or replace function attune.clock() returns timestamptz language sql stable parallel safe return ${now}`,
      ),
    );
    world.clockSeconds = ahead;
    return true;
  } catch {
    return false; // PostgreSQL is being restarted
  }
}

async function listen({ db, company, listeners }: World, connections: number): Promise<boolean> {
  const row = await db
    .maybe<{ url: string | null }>(
      sql`select url from service where service = 'notifier' order by started_at desc limit 1`,
    )
    .catch(() => undefined);
  const token = company.api()?.token;
  if (row?.url == null || token === undefined) return false;
  for (let count = 0; count < connections; count += 1) listeners.push(neverRead(row.url, token));
  return true;
}

/** Everything that was stopped goes on, and all that was started in a special way is started as usual. */
export function heal({ company }: World): void {
  for (const name of processNames) company.thaw(name);
  company.disarm();
}
