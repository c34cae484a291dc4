import type { TaskNode } from '../graph/graph.ts';

/** How the tasks of a run stand, one letter each, in the order of the file: so a run of ten thousand tasks has as much to keep before
 *  its first as after its last. A capital letter: a run of the task failed and no transition handled it. */
export type Standings = string;

const letters = {
  /** It never ran. */
  none: '.',
  /** Its first run is under way, or its runs are, and none has ended. */
  begun: 'r',
  /** Its condition could not be evaluated, which made the run of the workflow fail. */
  refused: 'w',
  // How the last run of it ended that did. A handled failure counts as completed.
  completed: 'c',
  failed: 'f',
  /** Failed, with a retry that was decided and then not made. */
  given_up: 'g',
  skipped: 's',
  cancelled: 'x',
} as const;

export type Standing = keyof typeof letters;

const standings = new Map(Object.entries(letters).map(([standing, letter]) => [letter, standing as Standing]));

export const newStandings = (tasks: number): Standings => letters.none.repeat(tasks);

export const standingIn = (all: Standings, { index }: TaskNode): Standing =>
  standings.get((all[index] ?? '').toLowerCase() as (typeof letters)[Standing]) ?? 'none';

export const withStanding = (all: Standings, node: TaskNode, standing: Standing): Standings =>
  put(all, node, isUnhandled(all, node) ? letters[standing].toUpperCase() : letters[standing]);

export const withUnhandled = (all: Standings, node: TaskNode): Standings =>
  put(all, node, (all[node.index] ?? letters.failed).toUpperCase());

export function isUnhandled(all: Standings, { index }: TaskNode): boolean {
  const letter = all[index] ?? letters.none;
  return letter !== letter.toLowerCase();
}

/** The places of tasks that stand as begun. */
export function* placesBegun(all: Standings): Generator<number> {
  for (let place = all.indexOf(letters.begun); place >= 0; place = all.indexOf(letters.begun, place + 1)) yield place;
}

const put = (all: Standings, { index }: TaskNode, letter: string): Standings =>
  all.slice(0, index) + letter + all.slice(index + 1);
