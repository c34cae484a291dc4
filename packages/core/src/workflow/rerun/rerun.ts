import type { Id } from '../../execution/execution.ts';
import type { RerunStart, NotReused } from './reuse.ts';

/** How an execution runs another one again; kept in `execution.rerun`. */
export interface Rerun {
  /** `whole`: everything runs anew. `from`: from a task of the workflow on. `failed`: from what failed on. */
  mode: 'whole' | 'from' | 'failed';
  /** The task to begin with, after the tasks of the nested workflows that it is in; null unless the mode is `from`. */
  from: string[] | null;
  /** Whether completed items of the tasks it begins with run again, too. */
  reset_items: boolean;
  /** With the newest definitions instead of those the other one ran with. */
  latest: boolean;
  /** Of a workflow that has begun: the run that is run again, and from where. */
  source: { run: Id; starts: RerunStart[] } | null;
}

/** Splits `outer.inner` into the names of a task and of the nested workflows' tasks around it. A name may hold dots itself, so the names
 *  that there are decide.
 *  @param isTask whether a name is that of a task; called for the outermost workflow first
 *  @returns the first name and the rest, the longest name first; undefined where no task begins so */
export function splitTaskPath(
  path: string,
  isTask: (name: string) => boolean,
): { name: string; rest: string | null } | undefined {
  if (isTask(path)) return { name: path, rest: null };
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const name = path.slice(0, dot);
    if (isTask(name)) return { name, rest: path.slice(dot + 1) };
  }
  return undefined;
}

/** How a nested workflow is run again that a task of a re-run starts anew: what it was asked to begin with inside of it; where it only
 *  did not end well, or is another one now, from what failed in it. Null: nothing was recorded of it. */
export function nestedRerun(rerun: Rerun, why: NotReused, task: string): Rerun | null {
  const { from, reset_items, latest } = rerun;
  const base = { reset_items, latest, source: null };
  const inside = from?.[0] === task ? from.slice(1) : [];
  switch (why) {
    case 'no_recorded_run':
      return null;
    case 'follows':
      return { ...base, mode: 'whole', from: null };
    case 'asked':
      if (inside.length === 0) return { ...base, mode: 'whole', from: null };
      return { ...base, mode: 'from', from: inside };
    case 'not_completed':
    case 'action_differs':
    case 'input_differs':
      if (inside.length > 0) return { ...base, mode: 'from', from: inside };
      return { ...base, mode: 'failed', from: null };
  }
}
