import { explainRun } from '../../src/workflow/explain/explain-run.ts';
import type { RunExplanation } from '../../src/workflow/explain/explanation.ts';
import type { RunStanding } from '../../src/workflow/explain/outlook.ts';
import { Recount, type RecordedStep } from '../../src/workflow/explain/recount.ts';
import type { Play } from './play.ts';

/** The steps of a run as its record has them. */
export function recordOf(run: Play): RecordedStep[] {
  const decisions = run.decisions.values();
  const events = [null, ...run.events];
  return events.map((event, index) => ({
    step: index + 1,
    event,
    decision: event?.kind === 'retried' ? null : (decisions.next().value ?? null),
  }));
}

/** What an explanation says of a run as it stands. */
export function explained(
  run: Play,
  { record = recordOf(run), standing }: { record?: RecordedStep[]; standing?: RunStanding } = {},
): RunExplanation {
  const recount = new Recount(run.graph, run.facts, run.lists);
  for (const step of record) recount.add(step);
  return explainRun(run.graph, recount, {
    state: run.state,
    variables: run.variables,
    steps: record.length,
    standing: standing ?? (run.outcome === null ? 'open' : 'ended'),
  });
}
