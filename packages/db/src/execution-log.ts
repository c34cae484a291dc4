import type { Id } from '@attune/core';
import { sql, type Tx } from './database.ts';

export interface LogChunk {
  execution: Id;
  stream: 'stdout' | 'stderr';
  byte_offset: number;
  /** At most 64 KiB. */
  content: Buffer;
}

/** Keeps a piece of an action's output. The same piece again changes nothing, so that it may be sent again when it is not known
 *  whether it arrived; of an execution that is gone nothing is kept. */
export const append = (tx: Tx, { execution, stream, byte_offset, content }: LogChunk): Promise<number> =>
  tx.run(sql`
    insert into execution_log (execution, stream, byte_offset, content)
    select id, ${stream}, ${byte_offset}, ${content} from execution where id = ${execution}
    on conflict (execution, stream, byte_offset) do nothing`);
