import { sql, type Tx } from '../database.ts';

/** One statement of a migration. */
export interface Step {
  file: string;
  /** One-based line where it begins. */
  line: number;
  duration_ms: number;
}

/** A lock that keeps others from writing, or even from reading. */
export interface HeldLock {
  relation: string;
  mode: string;
  /** From the statement that took it to the end of the transaction. */
  held_ms: number;
}

export interface RowsTouched {
  table: string;
  inserted: number;
  updated: number;
  deleted: number;
}

/** Looks over a migration's shoulder: after each statement, inside its transaction. */
export class Watch {
  readonly steps: Step[] = [];
  #locks = new Map<string, { relation: string; mode: string; since: number }>();
  #rows = new Map<string, RowsTouched>();
  #names = new Map<string, string>();
  #peakBytes = 0;
  #last = performance.now();

  /** @param names relations that are there before the upgrade, by oid: locks on new ones hinder nobody. */
  constructor(names: ReadonlyMap<string, string>) {
    this.#names = new Map(names);
  }

  async afterStatement(tx: Tx, file: string, line: number): Promise<void> {
    const now = performance.now();
    this.steps.push({ file, line, duration_ms: round(now - this.#last) });
    const locks = await tx.list<{ oid: string; mode: string }>(sql`
      select relation::text as oid, mode from pg_locks
      where pid = pg_backend_pid() and locktype = 'relation' and granted
        and mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')`);
    for (const { oid, mode } of locks) {
      const relation = this.#names.get(oid);
      const key = `${oid} ${mode}`;
      if (relation !== undefined && !this.#locks.has(key)) this.#locks.set(key, { relation, mode, since: this.#last });
    }
    const rows = await tx.list<RowsTouched>(sql`
      select format('%I.%I', schemaname, relname) as table, n_tup_ins::int as inserted, n_tup_upd::int as updated,
        n_tup_del::int as deleted
      from pg_stat_xact_user_tables where n_tup_ins + n_tup_upd + n_tup_del > 0`);
    for (const touched of rows) this.#rows.set(touched.table, touched);
    const [size] = await tx.list<{ bytes: string }>(sql`select pg_database_size(current_database())::text as bytes`);
    this.#peakBytes = Math.max(this.#peakBytes, Number(size?.bytes ?? 0));
    this.#last = performance.now();
  }

  /** Call when the transaction has ended. */
  summary(): { locks: HeldLock[]; rows: RowsTouched[]; peakBytes: number } {
    const end = performance.now();
    const locks = [...this.#locks.values()].map(({ relation, mode, since }) => ({
      relation,
      mode,
      held_ms: round(end - since),
    }));
    return { locks, rows: [...this.#rows.values()], peakBytes: this.#peakBytes };
  }
}

const round = (ms: number) => Math.round(ms * 10) / 10;
