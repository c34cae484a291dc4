import { settle } from './arrive.ts';
import { conclude } from './conclude.ts';
import { listTasks } from './list-tasks.ts';
import { prune } from './prune.ts';
import type { Finished, Step } from './step.ts';
import type { EndedTask, Turn } from './turn.ts';

/** Acts on all that fired, and ends the run of the workflow if nothing is under way any more.
 *  @param last the run of a task that ended with this step. */
export function finishTurn(turn: Turn, last: EndedTask | null): Step {
  settle(turn);
  prune(turn.graph, turn.state, turn.touched);
  const outcome = conclude(turn, last);
  if (outcome !== null) turn.decision.outcome = outcome;
  return stepOf(turn, null, outcome);
}

export function stepOf(turn: Turn, retry: Step['retry'], outcome: Step['outcome']): Step {
  const { graph, state, variables, start, skipped, lists, decision } = turn;
  return {
    ...{ state, variables, start, retry, skipped, lists, decision, outcome },
    get tasks() {
      return listTasks(graph, state);
    },
  };
}

/** The end of an attempt that the run does not wait for changes nothing. */
export function ignore(turn: Turn, { task, visit, item, attempt }: Finished): Step {
  const of = item === undefined || item === null ? '' : `, item ${item}`;
  turn.decision.ignored = `the run does not wait for attempt ${attempt} of '${task}', visit ${visit}${of}`;
  return stepOf(turn, null, null);
}
