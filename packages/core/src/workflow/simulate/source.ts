import type { Json, JsonObject } from '../../json.ts';
import type { Outcome } from '../conductor/step.ts';
import type { KnownAction } from './known-action.ts';

/** Which attempt of a workflow's task it is. */
export interface AttemptName {
  task: string;
  visit: number;
  attempt: number;
  /** Zero-based, of a task with items; else null. */
  item: number | null;
}

/** An attempt whose end is asked for. */
export interface AttemptToEnd extends AttemptName {
  action: KnownAction;
  input: JsonObject;
}

/** How an attempt ends. */
export interface Ending {
  outcome: Outcome;
  /** As the execution's row would hold it. */
  result: Json;
  /** Seconds from its start to its end. */
  duration_seconds: number;
  from: ResultOrigin;
  /** False where it ended without having started: its result was taken over from another run. @default true */
  started?: boolean;
}

/** Where a result comes from. `assumed`: nobody knew one, so the attempt succeeds with an empty output. */
export type ResultOrigin = 'given' | 'recorded' | 'random' | 'assumed';

/** Knows how attempts of one run of a workflow end. Each attempt is asked about once, when it starts. */
export interface ResultSource {
  /** Undefined where the source has no answer; a nested workflow is then simulated with what `within` answers. */
  endingOf: (attempt: AttemptToEnd) => Ending | undefined;
  /** The source for the tasks of a nested workflow. */
  within: (attempt: AttemptToEnd) => ResultSource;
  /** How a nested workflow was stopped, where it did not come to its own end. Absent: it never was. */
  stopOf?: (attempt: AttemptToEnd) => Ending | undefined;
}

/** Asks several sources; the first one that knows counts. */
export const firstOf = (sources: readonly ResultSource[]): ResultSource => ({
  endingOf: (attempt) => firstKnown(sources, (source) => source.endingOf(attempt)),
  within: (attempt) => firstOf(sources.map((source) => source.within(attempt))),
  stopOf: (attempt) => firstKnown(sources, (source) => source.stopOf?.(attempt)),
});

function firstKnown(
  sources: readonly ResultSource[],
  ask: (source: ResultSource) => Ending | undefined,
): Ending | undefined {
  for (const source of sources) {
    const ending = ask(source);
    if (ending !== undefined) return ending;
  }
  return undefined;
}

/** Has no answer to anything. */
export const nothingGiven: ResultSource = { endingOf: () => undefined, within: () => nothingGiven };

/** Seconds that an attempt takes where nothing says how long. */
export const usualDuration = 1;

/** The result of an action that ran, as a worker reports it. */
export function actionResult(outcome: Outcome, data: Json | undefined, error?: string): JsonObject {
  const succeeded = outcome === 'succeeded';
  return {
    exit_code: succeeded ? 0 : 1,
    succeeded,
    ...(outcome === 'timed_out' ? { timed_out: true } : {}),
    ...(data === undefined ? {} : { data }),
    ...(succeeded ? {} : { error: error ?? errors[outcome] }),
  };
}

const errors = {
  failed: 'The action failed',
  timed_out: 'The action was stopped at its time limit',
  abandoned: 'The worker was lost while this attempt ran; whether the action finished is not known',
  cancelled: 'The action was cancelled',
} as const satisfies Record<Exclude<Outcome, 'succeeded'>, string>;
