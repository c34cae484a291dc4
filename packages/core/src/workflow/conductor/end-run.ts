import type { TaskNode } from '../graph/graph.ts';
import type { Position } from '../graph/position.ts';
import { finishTurn } from './finish-turn.ts';
import { fire } from './fire.ts';
import { rememberEnded } from './remember.ts';
import { withUnhandled } from './standing.ts';
import { removeRun, setStanding } from './state.ts';
import type { Step } from './step.ts';
import { isFailing, type EndedTask, type Turn } from './turn.ts';

/** Ends a run for good and evaluates its transitions, but those of a cancelled one, and none where the workflow fails already. */
export function endRun(
  turn: Turn,
  node: TaskNode,
  visit: number,
  ended: EndedTask | { position: Position; outcome: 'cancelled' },
): Step {
  const task = node.definition.name;
  const hasFailed = ended.outcome !== 'succeeded';
  removeRun(turn.state, task, visit);
  setStanding(turn.state, node, ended.outcome === 'cancelled' ? 'cancelled' : hasFailed ? 'failed' : 'completed');
  rememberEnded(turn, { task, visit, position: ended.position, skipped: false });
  if (ended.outcome === 'cancelled') {
    turn.state.cancelled = true;
    return finishTurn(turn, null);
  }
  if (isFailing(turn)) return finishTurn(turn, ended);
  const isHandled = fire(turn, ended);
  if (hasFailed && isHandled) setStanding(turn.state, node, 'completed');
  else if (hasFailed) turn.state.tasks = withUnhandled(turn.state.tasks, node);
  return finishTurn(turn, ended);
}
