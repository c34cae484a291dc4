import type { Id } from '@attune/core';
import { sql, type Tx } from './database.ts';

/** A piece of an action's output. */
export interface LogPiece {
  stream: 'stdout' | 'stderr';
  byte_offset: number;
  /** At most 64 KiB. */
  content: Buffer;
}

export interface LogChunk extends LogPiece {
  execution: Id;
}

/** Keeps pieces of actions' output. The same piece again changes nothing, so that it may be sent again when it is not known
 *  whether it arrived; of an execution that is gone nothing is kept. */
export const appendMany = async (tx: Tx, pieces: readonly LogChunk[]): Promise<number> =>
  pieces.length === 0
    ? 0
    : tx.run(sql`
    insert into execution_log (execution, stream, byte_offset, content)
    select e.id, x.stream, x.byte_offset, x.content
    from unnest(${pieces.map((one) => one.execution)}::bigint[], ${pieces.map((one) => one.stream)}::text[],
      ${pieces.map((one) => one.byte_offset)}::bigint[], ${pieces.map((one) => one.content)}::bytea[])
      as x(execution, stream, byte_offset, content)
    join execution e on e.id = x.execution
    on conflict (execution, stream, byte_offset) do nothing`);

export const append = (tx: Tx, piece: LogChunk): Promise<number> => appendMany(tx, [piece]);
