import { stringifyJson, type Id, type Json } from '@attune/core';
import { sql, type Tx } from './database.ts';

/** Elements in a chunk; the last chunk of a list may have fewer. */
export const chunkSize = 256;

/** A run of a task with items, whose list it is. */
export interface ItemListKey {
  workflow_execution: Id;
  task_name: string;
  visit: number;
}

/** Keeps a list, chunk by chunk; the same one twice is refused by the key.
 *  @param chunks each an array of elements, or the object that holds them sealed */
export async function append(
  tx: Tx,
  { workflow_execution, task_name, visit }: ItemListKey,
  chunks: readonly { size: number; items: Json }[],
): Promise<void> {
  const sizes = chunks.map((chunk) => chunk.size);
  const items = chunks.map((chunk) => stringifyJson(chunk.items));
  await tx.run(sql`
    insert into workflow_item_list (workflow_execution, task_name, visit, chunk, size, items)
    select ${workflow_execution}, ${task_name}, ${visit}, x.number - 1, x.size, x.items::jsonb
    from unnest(${sizes}::int[], ${items}::text[]) with ordinality as x(size, items, number)`);
}

/** Chunks of a list by their numbers, in order. */
export const chunks = (
  tx: Tx,
  { workflow_execution, task_name, visit }: ItemListKey,
  numbers: readonly number[],
): Promise<{ chunk: number; items: Json }[]> =>
  tx.many<{ chunk: number; items: Json }>(sql`
    select chunk, items from workflow_item_list
    where workflow_execution = ${workflow_execution} and task_name = ${task_name} and visit = ${visit}
      and chunk = any(${numbers}::int[])
    order by chunk`);

/** How many elements a list has; 0 where none is kept, as of an empty one. */
export const length = async (tx: Tx, { workflow_execution, task_name, visit }: ItemListKey): Promise<number> =>
  (
    await tx.one<{ length: number }>(sql`
    select coalesce(sum(size), 0)::int as length from workflow_item_list
    where workflow_execution = ${workflow_execution} and task_name = ${task_name} and visit = ${visit}`)
  ).length;

/** All lists of a run, as they were kept, chunk by chunk. */
export const ofRun = (tx: Tx, workflow_execution: Id): Promise<{ task_name: string; visit: number; items: Json }[]> =>
  tx.many<{ task_name: string; visit: number; items: Json }>(sql`
    select task_name, visit, items from workflow_item_list
    where workflow_execution = ${workflow_execution}
    order by task_name, visit, chunk`);
