import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Fate } from '../../../test/workflow/model/agree.ts';
import { randomFates, randomWorkflow } from '../../../test/workflow/model/random.ts';
import { Play } from '../../../test/workflow/play.ts';
import { explained } from '../../../test/workflow/recount.ts';
import { replay } from '../../expression/replay.ts';
import type { WorkflowDefinition } from '../definition.ts';
import type { Position } from '../graph/position.ts';
import { mayFollow } from '../rerun/follows.ts';
import type { ProvenCondition, RunExplanation } from './explanation.ts';

/** Plays a workflow to its end, and answers what explanations said of it in the middle, with the number of decisions so far. */
function playOut(
  definition: WorkflowDefinition,
  fates: readonly Fate[],
  stops: readonly number[],
): { run: Play; looks: { at: number; explanation: RunExplanation }[] } {
  const run = new Play(definition);
  const looks: { at: number; explanation: RunExplanation }[] = [];
  for (let step = 0; run.outcome === null; step += 1) {
    if (stops.includes(step)) looks.push({ at: run.decisions.length, explanation: explained(run) });
    const fate = fates[step % fates.length];
    const living = run.everyLiving();
    const [waiting] = run.everyWaitingAttempt();
    if (waiting !== undefined && (fate?.again === true || living.length === 0)) {
      run.again(waiting.task, waiting.visit, waiting.item);
      continue;
    }
    const next = living[(fate?.pick ?? 0) % living.length];
    if (next === undefined || fate === undefined) throw new Error('Nothing lives, and the run has no outcome');
    const started = run.starts.find((one) => one.task === next.task && one.visit === next.visit)?.error == null;
    run.tell({ ...next, started, outcome: started ? fate.outcome : 'failed', result: { n: fate.n, id: step } });
  }
  looks.push({ at: run.decisions.length, explanation: explained(run) });
  return { run, looks };
}

const runs = { numRuns: 200 };
const stops = fc.array(fc.nat({ max: 12 }), { maxLength: 3 });

function* conditionsIn({ tasks }: RunExplanation): Generator<ProvenCondition> {
  for (const run of tasks.flatMap((task) => task.runs)) {
    const conditions = [run.when, ...run.transitions.map((one) => one.when), ...run.retries.map((one) => one.on_error)];
    for (const condition of conditions) if (condition !== null) yield condition;
  }
}

test('every run is recounted as it was recorded, and every proof evaluates to its value', () => {
  fc.assert(
    fc.property(randomWorkflow(8), randomFates, stops, (definition, fates, at) => {
      const { run, looks } = playOut(definition, fates, at);
      for (const { explanation } of looks) {
        expect(explanation.replay.agrees).toBe(true);
        for (const { value, proof } of conditionsIn(explanation)) {
          expect(proof === null).toBe(value === null);
          if (proof !== null) expect(replay(proof)).toBe(value);
        }
      }
      const targets = run.decisions.flatMap((decision) => decision.targets);
      for (const { task, runs_total } of looks.at(-1)?.explanation.tasks ?? []) {
        expect(runs_total).toBe(targets.filter((one) => one.task === task && one.visit !== undefined).length);
      }
    }),
    runs,
  );
});

test('what is said to be impossible does not happen', () => {
  const over = ['no_path', 'join_unmet', 'run_failing', 'run_canceling', 'run_ended'];
  fc.assert(
    fc.property(randomWorkflow(8), randomFates, stops, (definition, fates, at) => {
      const { run, looks } = playOut(definition, fates, at);
      for (const { at: decided, explanation } of looks) {
        const later = run.decisions.slice(decided).filter((decision) => decision.ignored === undefined);
        const targets = later.flatMap((decision) => decision.targets);
        const evaluated = later.flatMap((decision) => decision.transitions);
        for (const { task, state, led_to_by, joins } of explanation.tasks) {
          if (over.includes(state)) {
            expect(targets.filter((one) => one.task === task && one.visit !== undefined)).toEqual([]);
          }
          for (const transition of led_to_by.filter((one) => !one.may_still_fire)) {
            expect(evaluated.some((one) => one.task === transition.task && one.index === transition.index)).toBe(false);
          }
          for (const { position, missing } of joins) {
            const never = missing.filter((one) => !one.may_still_come).map((one) => one.task);
            const arrived = targets.filter(
              (one) => one.task === task && never.includes(one.by?.task ?? '') && isSame(one.position, position),
            );
            expect(arrived).toEqual([]);
          }
        }
      }
    }),
    runs,
  );
});

const isSame = (a: Position = {}, b: Position = {}): boolean =>
  JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());

test('a run of a task that led to another one is one that this may follow', () => {
  fc.assert(
    fc.property(randomWorkflow(8), randomFates, (definition, fates) => {
      const { run, looks } = playOut(definition, fates, []);
      const positions = new Map<string, Position>();
      for (const { task, runs: every } of looks.at(-1)?.explanation.tasks ?? []) {
        for (const one of every) positions.set(`${task} ${one.visit}`, one.position);
      }
      for (const { task, runs: every } of looks.at(-1)?.explanation.tasks ?? []) {
        for (const { position, because } of every) {
          for (const cause of because) {
            const from = { task: cause.task, position: positions.get(`${cause.task} ${cause.visit}`) ?? {} };
            expect(mayFollow(run.graph, { task, position }, from)).toBe(true);
          }
        }
      }
    }),
    runs,
  );
});
