import type { Id } from '@attune/core';
import { sql, type Tx } from '../database.ts';

/** Most bytes of one stored chunk: those that hold an offset are found by the key, not by their lengths. */
const chunkBytes = 64 * 1024;

export type LogStream = 'stdout' | 'stderr';

export interface LogPart {
  /** Bytes from the wanted offset on, at most as many as asked for. */
  content: Uint8Array;
  /** Whether more is stored behind them. */
  has_more: boolean;
  /** Whether the execution has ended: then nothing is appended any more. */
  has_ended: boolean;
}

/** Reads a stream of an execution from a byte on, while it is written or afterwards; undefined where there is no such execution.
 *  Status and bytes are of one snapshot: an ended execution's last bytes are never missed. */
export async function readLog(
  tx: Tx,
  execution: Id,
  stream: LogStream,
  offset: number,
  limit: number,
): Promise<LogPart | undefined> {
  const row = await tx.maybe<{ has_ended: boolean; content: Uint8Array; end_offset: string | null }>(sql`
    select e.status in ('completed', 'failed', 'timeout', 'cancelled', 'abandoned') as has_ended,
      coalesce((
        select string_agg(substring(l.content from greatest(${offset} - l.byte_offset, 0)::int + 1), '' order by l.byte_offset)
        from execution_log l
        where l.execution = e.id and l.stream = ${stream}
          and l.byte_offset > ${offset - chunkBytes} and l.byte_offset < ${offset + limit}
          and l.byte_offset + length(l.content) > ${offset}), '') as content,
      (select max(l.byte_offset + length(l.content)) from execution_log l
        where l.execution = e.id and l.stream = ${stream}) as end_offset
    from execution e where e.id = ${execution}`);
  if (row === undefined) return undefined;
  const content = row.content.subarray(0, limit);
  return { content, has_more: Number(row.end_offset ?? 0) > offset + content.length, has_ended: row.has_ended };
}
