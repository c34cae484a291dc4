import type { AttemptName, Ending, ResultSource } from './source.ts';

/** Results that somebody wrote down, by the name of the task. */
export type GivenResults = Record<string, GivenTask>;

export interface GivenTask {
  /** Where it stands: JSON pointer into the document it was read from. */
  pointer: string;
  entries: GivenResult[];
}

/** One entry of a task. With a `visit`, `attempt` or `item` it answers every attempt that has these numbers; without any it takes its
 *  turn. */
export interface GivenResult {
  pointer: string;
  visit?: number;
  attempt?: number;
  item?: number;
  /** Null where `tasks` says what happens inside a nested workflow. */
  ending: Ending | null;
  tasks: GivenResults | null;
}

/** Which of the entries a run used; the pointers of the others, in order. */
export interface GivenSource extends ResultSource {
  unused: () => string[];
}

/** Of the entries of a task, the first whose numbers all agree with the attempt answers it. An attempt that none names gets the entries
 *  without numbers in turn, the first attempt to start the first of them; the last of them answers all that follow. */
export function givenResults(results: GivenResults): GivenSource {
  const used = new Set<GivenResult>();
  const below = (level: GivenResults): ResultSource => {
    const turns = new Map<string, number>();
    const found = new Map<string, GivenResult | undefined>();
    // Whoever asks twice about an attempt, for its end and for what is inside, means the same entry.
    const find = (attempt: AttemptName): GivenResult | undefined => {
      const key = JSON.stringify([attempt.task, attempt.visit, attempt.attempt, attempt.item]);
      if (!found.has(key)) {
        const entry = choose(entriesOf(level, attempt.task), attempt, turns);
        if (entry !== undefined) used.add(entry);
        found.set(key, entry);
      }
      return found.get(key);
    };
    return {
      endingOf: (attempt) => find(attempt)?.ending ?? undefined,
      within: (attempt) => below(find(attempt)?.tasks ?? {}),
    };
  };
  return { ...below(results), unused: () => unusedOf(results, used) };
}

function choose(
  entries: readonly GivenResult[],
  attempt: AttemptName,
  turns: Map<string, number>,
): GivenResult | undefined {
  const named = entries.find((entry) => isNumbered(entry) && agrees(entry, attempt));
  if (named !== undefined) return named;
  const inTurn = entries.filter((entry) => !isNumbered(entry));
  const turn = turns.get(attempt.task) ?? 0;
  turns.set(attempt.task, turn + 1);
  return inTurn[turn] ?? inTurn.at(-1);
}

const numbers = ['visit', 'attempt', 'item'] as const;

const isNumbered = (entry: GivenResult): boolean => numbers.some((number) => entry[number] !== undefined);

const agrees = (entry: GivenResult, attempt: AttemptName): boolean =>
  numbers.every((number) => entry[number] === undefined || entry[number] === attempt[number]);

const entriesOf = (level: GivenResults, task: string): GivenResult[] =>
  Object.hasOwn(level, task) ? (level[task]?.entries ?? []) : [];

const unusedOf = (level: GivenResults, used: ReadonlySet<GivenResult>): string[] =>
  Object.values(level)
    .flatMap(({ entries }) => entries)
    .flatMap((entry) => (used.has(entry) ? unusedOf(entry.tasks ?? {}, used) : [entry.pointer]));
