import type { Id, Instant } from '@attune/core';
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

/** Executions that a worker may take now. Order them by `run_after, id`. */
export const isReady = ({ runtime, after }: Taking) => sql<boolean>`
  status = 'scheduled' and revision is not null and runtime = ${runtime} and run_after <= attune.clock()
    and (run_after, id) > (${after?.run_after ?? '-infinity'}::timestamptz, ${after?.id ?? '0'}::bigint)`;
