import type { Id, Instant } from '@attune/core';
import type { RawBuilder } from 'kysely';
import { sql } from './database.ts';

/** A place in the order in which executions of a runtime are taken. */
export interface QueuePlace {
  run_after: Instant;
  id: Id;
}

/** What a worker takes of one runtime. */
export interface Taking {
  runtime: string;
  /** Only what comes after this place: whoever takes one batch after the other need not walk over what it took before, which stays in
   *  the index while some old transaction might still want to see it. Null: from the front. */
  after: QueuePlace | null;
}

/** Executions of a runtime that a worker may take now, after a place. Order them by `run_after, id`. */
export const isReady = (
  runtime: RawBuilder<unknown>,
  runAfter: RawBuilder<unknown>,
  id: RawBuilder<unknown>,
) => sql<boolean>`
  execution.status = 'scheduled' and execution.revision is not null and execution.runtime = ${runtime}
    and execution.run_after <= attune.clock() and (execution.run_after, execution.id) > (${runAfter}, ${id})`;
