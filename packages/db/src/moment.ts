import { sql } from './database.ts';

/** The time on the database's clock while a statement runs; it goes on while the transaction does. */
export const moment = sql`(attune.clock() + (clock_timestamp() - now()))`;
