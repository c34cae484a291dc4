import {
  actionGone,
  prepareParameters,
  secretPaths,
  secretsOf,
  secretViewPaths,
  type ActionDefinition,
  type Json,
  type JsonObject,
  type Known,
  type PackDefinition,
  type SecretSources,
  type TaskStart,
  type WorkflowDefinition,
} from '@attune/core';
import { behaviourOf } from '../../../../server/test/conformance/suite/behaviour.ts';
import type { Case } from '../../../../server/test/conformance/suite/case.ts';
import type { ObservedAttempt, ObservedRun } from '../../../../server/test/conformance/suite/observed.ts';
import { keyOf } from '../../../../server/test/conformance/suite/run-key.ts';
import type { Outcome } from '../../../src/workflow/conductor/step.ts';
import { Play } from '../play.ts';
import { endingOf } from './actions.ts';

/** What the runs of a tour have in common. */
export interface World {
  pack: PackDefinition;
  known: Known;
  keystore: JsonObject;
}

/** Something that may happen next. */
type Happening = { run: PureRun; attempt: ObservedAttempt } & ({ kind: 'ends' } | { kind: 'follows' });

/** A run of a workflow, or of one nested in it. */
class PureRun {
  readonly play: Play;
  readonly attempts: ObservedAttempt[] = [];
  readonly above: string[];
  /** The attempt of the run around it that this one is. */
  readonly parent: Happening | null;
  readonly mostAtOnce: Record<string, number> = {};
  seen = { starts: 0, retries: 0 };

  constructor(world: World, ref: string, parameters: JsonObject, above: string[], parent: Happening | null) {
    const definition = world.pack.workflows.find((one) => one.ref === ref);
    if (definition === undefined) throw new Error(`The tour has no workflow ${ref}`);
    const { config, conf_schema } = world.pack.manifest;
    const secrets = secretsOf(definition, {
      config: secretPaths(conf_schema),
      results: secretResults(world, definition),
    });
    this.play = new Play(definition, { parameters, config, keystore: world.keystore, secrets });
    this.above = above;
    this.parent = parent;
  }

  observed(): ObservedRun {
    const { play, attempts } = this;
    return {
      status: play.outcome?.status ?? 'running',
      output: play.outcome?.result ?? null,
      variables: play.variables,
      skipped: play.skipped.map(({ task, visit }) => keyOf({ task, visit, item: null, attempt: 1 })),
      attempts,
      at_once: this.mostAtOnce,
      decisions: play.decisions,
      disagreement: null,
    };
  }
}

/** Plays a case with the conductor alone. `pick` says which of so many things that may happen next does. */
export function playCase(world: World, { ref, expectation }: Case, pick: (of: number) => number): ObservedRun {
  const { actions } = expectation;
  const open: Happening[] = [];
  const turns: (() => void)[] = [];

  const beginRun = (name: string, parameters: JsonObject, above: string[], parent: Happening | null): PureRun => {
    const action = actionOf(world, name);
    const run = new PureRun(world, name, prepareParameters(action, parameters).config, above, parent);
    take(run);
    return run;
  };

  /** Does what the conductor has decided since the last time. */
  const take = (run: PureRun): void => {
    const { play, seen } = run;
    for (const start of play.starts.slice(seen.starts)) begin(run, start);
    seen.starts = play.starts.length;
    for (const { task, visit, item, attempt, delay_seconds } of play.retries.slice(seen.retries)) {
      const key = keyOf({ task, visit, item, attempt });
      const last = run.attempts.find((one) => keyOf(one) === key);
      if (last === undefined) throw new Error(`There is no attempt to follow: ${task}`);
      open.push({ kind: 'follows', run, attempt: { ...last, attempt: attempt + 1, waited: delay_seconds } });
    }
    seen.retries = play.retries.length;
    const { outcome } = play;
    const { parent } = run;
    if (outcome === null || parent === null) return;
    const ended: Outcome = outcome.status === 'completed' ? 'succeeded' : outcome.status;
    turns.push(() => end(parent, ended, outcome.result));
  };

  const begin = (run: PureRun, start: TaskStart): void => {
    const { task, visit, attempt } = start;
    const action = actionOf(world, start.action);
    const inherits = run.play.graph.tasks.get(task)?.definition.input === 'inherit';
    const { config, error } = prepareParameters(action, start.input, inherits);
    const why = start.error ?? (isKnown(world, start.action) ? error : actionGone(start.action));
    const observed: ObservedAttempt = {
      task,
      visit,
      attempt,
      item: start.item?.index ?? null,
      status: 'running',
      started: why === undefined,
      input: config,
      result: null,
      waited: start.delay_seconds,
      within: null,
    };
    const happening: Happening = { kind: 'ends', run, attempt: observed };
    run.attempts.push(observed);
    countAtOnce(run, task);
    if (why !== undefined) turns.push(() => end(happening, 'failed', { succeeded: false, error: why }));
    else carryOut(happening);
  };

  const nesting = new Map<ObservedAttempt, PureRun>();

  /** An attempt of a workflow is a run that begins; one of anything else will end at some time. */
  const carryOut = (happening: Happening): void => {
    const { run, attempt } = happening;
    const action = actionNameOf(happening);
    if (world.pack.workflows.every((one) => one.ref !== action)) {
      open.push(happening);
      return;
    }
    turns.push(() => {
      const above = [...run.above, attempt.task];
      nesting.set(attempt, beginRun(action, attempt.input as JsonObject, above, happening));
    });
  };

  const end = ({ run, attempt }: Happening, outcome: Outcome, result: Json): void => {
    attempt.status = statuses[outcome];
    attempt.result = result;
    const { task, visit, item } = attempt;
    run.play.tell({ task, visit, attempt: attempt.attempt, item, outcome, result, started: attempt.started });
    take(run);
  };

  const settle = (): void => {
    for (const turn of turns) turn();
    turns.length = 0;
  };

  const happen = (next: Happening): void => {
    const { run, attempt } = next;
    if (next.kind === 'follows') {
      if (!run.play.awaits(attempt.task, attempt.visit, attempt.item)) return;
      run.play.again(attempt.task, attempt.visit, attempt.item);
      const follower: ObservedAttempt = { ...attempt, status: 'running', result: null };
      run.attempts.push(follower);
      carryOut({ kind: 'ends', run, attempt: follower });
      return;
    }
    const behaviour = behaviourOf(actions, run.above, attempt);
    const { outcome, result } = endingOf(actionNameOf(next), attempt.input as JsonObject, behaviour);
    end(next, outcome, result);
  };

  const root = beginRun(ref, expectation.parameters, [], null);
  settle();
  while (open.length > 0) {
    const possible = open.filter(
      (one) => one.kind === 'follows' || mayEnd(one, behaviourOf(actions, one.run.above, one.attempt)),
    );
    const soon = possible.filter(({ attempt }) => attempt.waited < longWait);
    const ready = soon.length > 0 ? soon : possible;
    const next = ready[pick(ready.length)];
    if (next === undefined) throw new Error('All that is left waits for what never ends');
    open.splice(open.indexOf(next), 1);
    happen(next);
    settle();
  }
  for (const [attempt, nested] of nesting) attempt.within = nested.observed();
  return root.observed();
}

/** Seconds of waiting within which anything else may happen. */
const longWait = 60;

const statuses: Record<Outcome, string> = {
  succeeded: 'completed',
  failed: 'failed',
  timed_out: 'timeout',
  abandoned: 'abandoned',
  cancelled: 'cancelled',
};

const mayEnd = ({ run }: Happening, { after = [] }: { after?: string[] }): boolean =>
  after.every((key) => run.attempts.some((one) => keyOf(one) === key && one.status !== 'running'));

function countAtOnce({ attempts, mostAtOnce }: PureRun, task: string): void {
  const living = attempts.filter((one) => one.task === task && one.status === 'running').length;
  mostAtOnce[task] = Math.max(mostAtOnce[task] ?? 0, living);
}

const actionNameOf = ({ run, attempt }: Happening): string =>
  run.play.graph.tasks.get(attempt.task)?.definition.action ?? '';

/** What is secret in the results of a workflow's tasks, by their actions' `output`. */
const secretResults = ({ pack }: World, { tasks }: WorkflowDefinition): SecretSources['results'] =>
  Object.fromEntries(
    tasks.map(({ name, action }) => [name, secretViewPaths(pack.actions.find((one) => one.ref === action)?.output)]),
  );

const isKnown = ({ pack, known }: World, ref: string): boolean =>
  pack.actions.some((one) => one.ref === ref) || known.action(ref) !== undefined;

const actionOf = ({ pack, known }: World, ref: string): Pick<ActionDefinition, 'ref' | 'parameters'> => ({
  ref,
  parameters: (pack.actions.find((one) => one.ref === ref) ?? known.action(ref))?.parameters ?? null,
});
