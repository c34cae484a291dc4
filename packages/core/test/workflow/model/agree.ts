import type { JsonObject } from '../../../src/json.ts';
import type { Decision } from '../../../src/workflow/conductor/decision.ts';
import type { Outcome } from '../../../src/workflow/conductor/step.ts';
import type { WorkflowDefinition } from '../../../src/workflow/definition.ts';
import { Play } from '../play.ts';
import { Reference, type Observed } from './reference.ts';

/** What happens in a run: which of the living attempts ends next, and how. */
export interface Fate {
  pick: number;
  outcome: Outcome;
  n: number;
  /** Whether a retry that waits comes before that. */
  again: boolean;
  /** Whether the end is told twice. */
  twice: boolean;
  /** Whether it could not start at all, for its action is gone. */
  gone: boolean;
}

const mostSteps = 5_000;

/** Plays a workflow with the conductor and with the model, side by side, using the fates over and over.
 *  @throws Error at the first step of which they do not say the same. */
export function playBoth(definition: WorkflowDefinition, fates: readonly Fate[]): Play {
  const run = new Play(definition);
  const model = new Reference(definition, run.facts.parameters);
  let starts = 0;
  const agree = (what: string, expected: Observed): void => {
    const got = observedOf(run, starts);
    starts = run.starts.length;
    const [a, b] = [canonical(got), canonical(expected)];
    if (a !== b) throw new Error(`After ${what} the conductor said\n${a}\nand the model\n${b}`);
  };
  agree('the beginning', model.begin());
  for (let step = 0; run.outcome === null; step += 1) {
    if (step > mostSteps) throw new Error('The run does not end');
    const fate = fates[step % fates.length];
    if (fate === undefined) throw new Error('A run needs fates');
    const living = run.everyLiving();
    const [waiting] = run.everyWaitingAttempt();
    if (waiting !== undefined && (fate.again || living.length === 0)) {
      run.again(waiting.task, waiting.visit, waiting.item);
      model.again(waiting);
      continue;
    }
    const next = living[fate.pick % living.length];
    if (next === undefined) throw new Error('Nothing lives, and the run has no outcome');
    const { task, visit, item, attempt } = next;
    const start = run.starts.find(
      (one) => one.task === task && one.visit === visit && (one.item?.index ?? null) === item,
    );
    const started = start?.error === null && !fate.gone;
    const outcome = started ? fate.outcome : 'failed';
    const result: JsonObject = { n: fate.n, id: step };
    const what = `${JSON.stringify(next)} ended ${outcome} with ${JSON.stringify(result)}`;
    const tell = (): void => {
      run.tell({ task, visit, item, attempt, outcome, result, started });
      agree(what, model.end(next, outcome, result, started));
    };
    tell();
    if (fate.twice && !hasEnded(run)) tell();
  }
  return run;
}

const hasEnded = (run: Play): boolean => run.outcome !== null;

/** What the conductor's last step says, in the model's form. */
function observedOf(run: Play, before: number): Observed {
  const decision = run.decisions.at(-1);
  if (decision === undefined) throw new Error('Nothing was decided');
  const starts = run.starts.slice(before).map(({ task, visit, item, position, input, error }) => ({
    ...{ task, visit, item: item?.index ?? null, position },
    input: error === null ? input : ('error' as const),
  }));
  return observedIn(decision, starts, run.variables);
}

/** What a decision says, in the model's form. */
export function observedIn(decision: Decision, starts: Observed['starts'], variables: JsonObject): Observed {
  const transitions = decision.transitions.map(({ task, visit, index, fired, error }) => ({
    ...{ task, visit, index, fired },
    isError: error !== undefined,
  }));
  const targets = decision.targets.map(({ task, fate, by, visit }) => ({
    ...{ task, fate },
    by: by?.task ?? null,
    visit: visit ?? null,
  }));
  const { retry } = decision;
  const { error: _error, succeeded: _succeeded, ...output } = decision.outcome?.result ?? {};
  return {
    ...{ starts, transitions, targets },
    retry: retry === undefined ? null : { number: retry.retry_count, delay: retry.delay_seconds },
    ignored: decision.ignored !== undefined,
    variables,
    outcome: decision.outcome === undefined ? null : { status: decision.outcome.status, output },
  };
}

/** A text that two values share if they are the same but for the order of keys. */
export const canonical = (value: unknown): string =>
  JSON.stringify(
    value,
    (_, member: unknown) =>
      typeof member === 'object' && member !== null && !Array.isArray(member)
        ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
        : member,
    1,
  );
