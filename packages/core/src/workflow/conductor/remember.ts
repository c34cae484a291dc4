import type { Position } from '../graph/position.ts';
import { listOf } from './state.ts';
import type { Turn } from './turn.ts';

/** Keeps that a run ended, if any expression of the workflow reads its task. */
export function rememberEnded(
  turn: Turn,
  run: { task: string; visit: number; position: Position; skipped: boolean },
): void {
  const { task, visit, position, skipped } = run;
  const read = turn.graph.everythingRead();
  if (read !== 'all' && !read.has(task)) return;
  turn.state.ended[task] = [...listOf(turn.state.ended, task), { position, visit, skipped }];
  turn.touched.add(task);
}
