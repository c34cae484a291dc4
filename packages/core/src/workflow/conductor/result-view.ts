import { isJsonObject, ownValue, parseJson, type Json, type JsonObject } from '../../json.ts';
import type { TaskNode } from '../graph/graph.ts';
import { itemsOf } from '../program.ts';

/** What `result()` shows of a result: the keys of `data`, the parsed output, are visible at the top level too unless they are taken;
 *  without `data`, a stdout that is a JSON object is shown the same way. */
export function resultView(result: Json): Json {
  if (!isJsonObject(result)) return result;
  const data = ownValue(result, 'data') ?? objectIn(ownValue(result, 'stdout'));
  return isJsonObject(data) ? { ...data, ...result } : result;
}

/** What `result()` shows of a task: of one with items the list of what each came to, null where it did not succeed. */
export const viewOf = (node: TaskNode, result: Json): Json =>
  itemsOf(node.definition) !== null && Array.isArray(result) ? result.map(resultView) : resultView(result);

/** What `task.<name>` shows: the same, and of a task without items once more under `result`, so that `task.<name>.result.<field>`
 *  reads it too. */
export function taskView(node: TaskNode, result: Json): Json {
  const view = viewOf(node, result);
  return isJsonObject(view) ? { result: view, ...view } : view;
}

function objectIn(stdout: Json | undefined): JsonObject | undefined {
  if (typeof stdout !== 'string' || !stdout.trimStart().startsWith('{')) return undefined;
  try {
    const value = parseJson(stdout);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined; // ordinary output that happens to begin with a brace
  }
}
