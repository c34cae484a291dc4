import type { Json } from '../../json.ts';
import type { Decision } from '../conductor/decision.ts';
import type { Outcome } from '../conductor/step.ts';
import type { OrderedEntry } from './agenda.ts';
import { endKey, successorKey } from './key.ts';
import type { RunName } from './simulation.ts';
import { actionResult, nothingGiven, type AttemptName, type Ending, type ResultSource } from './source.ts';

/** What was recorded of a run of a workflow. */
export interface RecordedRun {
  /** Whether the run has ended by itself. One that goes on, was cancelled or took too long has a record that just stops. */
  is_complete: boolean;
  /** In order. */
  steps: RecordedRunStep[];
}

export interface RecordedRunStep {
  step: number;
  /** Seconds after the beginning of the outermost run. */
  at_seconds: number;
  decision: Decision | SuccessorRecord;
  /** Of the attempt that ended; null where none did. */
  result: Json;
  /** The nested run that the attempt was. */
  run: RecordedRun | null;
}

/** The record of an attempt that came into being as the successor of another. */
export type SuccessorRecord = {
  successor: { kind: 'retry' | 'restart'; task: string; visit: number; attempt: number; item?: number | null };
};

export const isSuccessor = (decision: RecordedRunStep['decision']): decision is SuccessorRecord =>
  'successor' in decision;

/** The attempt that a step tells about; undefined for the beginning of the run, and for what the run did not act on. */
export function attemptIn({ decision }: RecordedRunStep): AttemptName | undefined {
  if (isSuccessor(decision)) return nameOf(decision.successor);
  return decision.finished === null || decision.ignored !== undefined ? undefined : nameOf(decision.finished);
}

const nameOf = (of: { task: string; visit: number; attempt: number; item?: number | null }): AttemptName => ({
  task: of.task,
  visit: of.visit,
  attempt: of.attempt,
  item: of.item ?? null,
});

/** The attempt that a restart followed: it was lost, and the run was not told. */
const before = (name: AttemptName): AttemptName => ({ ...name, attempt: name.attempt - 1 });

/** In which order things happened. Within a run that is the order of its steps, whatever their times say, and a nested run ends after
 *  all its steps; between runs that are under way at once the times decide. */
export function orderOf(record: RecordedRun): OrderedEntry[] {
  // Sorting is stable: what has the same time stays as it was put in.
  return entriesOf(record, []).toSorted((a, b) => a.at_seconds - b.at_seconds);
}

function entriesOf(record: RecordedRun, run: RunName): OrderedEntry[] {
  let at_seconds = 0;
  return record.steps.flatMap((step): OrderedEntry[] => {
    const name = attemptIn(step);
    if (name === undefined) return [];
    const { decision } = step;
    const below = step.run === null ? [] : entriesOf(step.run, [...run, name]);
    at_seconds = Math.max(at_seconds, step.at_seconds, below.at(-1)?.at_seconds ?? 0);
    if (!isSuccessor(decision)) return [...below, { key: endKey(run, name), at_seconds }];
    const key = decision.successor.kind === 'retry' ? successorKey(run, name) : endKey(run, before(name));
    return [{ key, at_seconds }];
  });
}

/** The ends that were recorded. A nested run is simulated again, as far as its record goes. */
export function recordedResults(record: RecordedRun): ResultSource {
  const endings = new Map<string, { ending: Ending; run: RecordedRun | null }>();
  for (const step of record.steps) {
    const name = attemptIn(step);
    if (name === undefined) continue;
    const { decision, result, run } = step;
    if (isSuccessor(decision)) {
      if (decision.successor.kind !== 'restart') continue;
      const ending = endingOf('abandoned', actionResult('abandoned', undefined));
      endings.set(endKey([], before(name)), { ending, run: null });
    } else if (decision.finished !== null) {
      const { outcome, started = true } = decision.finished;
      endings.set(endKey([], name), { ending: { ...endingOf(outcome, result), started }, run });
    }
  }
  const find = (attempt: AttemptName) => endings.get(endKey([], attempt));
  return {
    endingOf: (attempt) => {
      const found = find(attempt);
      return found?.run === null ? found.ending : undefined;
    },
    within: (attempt) => {
      const run = find(attempt)?.run ?? null;
      return run === null ? nothingGiven : recordedResults(run);
    },
    stopOf: (attempt) => {
      const found = find(attempt);
      return found?.run?.is_complete === false ? found.ending : undefined;
    },
  };
}

/** When it ends is the order's to say; beyond the order it lasts no time. */
const endingOf = (outcome: Outcome, result: Json): Ending => ({
  outcome,
  result,
  duration_seconds: 0,
  from: 'recorded',
});
