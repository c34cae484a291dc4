import fc from 'fast-check';
import { expect, test } from 'vitest';
import { definitionIn, Play } from '../../../test/workflow/play.ts';
import { randomWorkflow } from '../../../test/workflow/random-workflow.ts';
import type { WorkflowDefinition } from '../definition.ts';
import { nodeOf } from '../graph/graph.ts';
import { agreeIn, type Position } from '../graph/position.ts';
import { arrivalsNeeded } from './arrive.ts';
import { replayRun } from './replay.ts';
import type { Outcome } from './step.ts';

/** What happens in a run: which of the living attempts ends next, and how. */
interface Fate {
  pick: number;
  outcome: Outcome;
  n: number;
  again: boolean;
}

const outcomes: Outcome[] = ['succeeded', 'succeeded', 'succeeded', 'succeeded', 'failed', 'timed_out', 'abandoned'];

const fates = (most: number, ...more: Outcome[]): fc.Arbitrary<Fate[]> =>
  fc.array(
    fc.record({
      pick: fc.nat(),
      outcome: fc.constantFrom(...outcomes, ...more),
      n: fc.integer({ min: 0, max: 9 }),
      again: fc.boolean(),
    }),
    { minLength: 1, maxLength: most },
  );

/** Plays a workflow to its end, using the fates over and over; `watch` sees the run after each step. */
function playOut(
  definition: WorkflowDefinition,
  fates: readonly Fate[],
  watch: (run: Play) => void = () => undefined,
): Play {
  const run = new Play(definition);
  watch(run);
  for (let step = 0; run.outcome === null; step += 1) {
    if (step > 5_000) throw new Error('The run does not end');
    const fate = fates[step % fates.length];
    const living = run.everyLiving();
    const [waiting] = run.everyWaiting();
    if (waiting !== undefined && (fate?.again === true || living.length === 0)) {
      run.again(waiting);
      continue;
    }
    const next = living[(fate?.pick ?? 0) % living.length];
    if (next === undefined || fate === undefined) throw new Error('Nothing lives, and the run has no outcome');
    run.tell({ ...next, outcome: fate.outcome, result: { n: fate.n, again: fate.again, id: step } });
    watch(run);
  }
  return run;
}

const runs = { numRuns: 300 };

test('every run ends, with an outcome that fits what happened', () => {
  fc.assert(
    fc.property(randomWorkflow(8), fates(30, 'cancelled'), (definition, fate) => {
      const run = playOut(definition, fate);
      const { status, result } = run.outcome ?? { status: 'none', result: {} };
      const wasCancelled = run.decisions.some((decision) => decision.finished?.outcome === 'cancelled');
      expect(status === 'cancelled').toBe(wasCancelled);
      if (status === 'completed')
        expect(result).toMatchObject({ succeeded: true, count: expect.any(Number) as number });
      if (status === 'failed') expect(result['error']).toMatch(/^Workflow failed: ./);
      expect(run.state.active).toEqual({});
    }),
    runs,
  );
});

test('no attempt is made twice, and visits are numbered in the order of their starts', () => {
  fc.assert(
    fc.property(randomWorkflow(8), fates(30), (definition, fate) => {
      const run = playOut(definition, fate);
      const starts = run.starts.map((start) => `${start.task} ${start.visit} ${start.attempt}`);
      expect(new Set(starts).size).toBe(starts.length);
      for (const { name } of definition.tasks) {
        const visits = run.decisions
          .flatMap((decision) => decision.targets)
          .filter((target) => target.task === name && target.visit !== undefined)
          .map((target) => target.visit);
        expect(visits).toEqual(visits.map((_, index) => index + 1));
      }
    }),
    runs,
  );
});

test('a task runs at most once for each position', () => {
  fc.assert(
    fc.property(randomWorkflow(8), fates(30), (definition, fate) => {
      const run = playOut(definition, fate);
      const positions = run.decisions
        .flatMap((decision) => decision.targets)
        .filter((target) => target.visit !== undefined)
        .map(({ task, position = {} }) => JSON.stringify([task, Object.entries(position).sort()]));
      expect(new Set(positions).size).toBe(positions.length);
    }),
    runs,
  );
});

test('a join starts once for each position, exactly when enough different tasks have led to it', () => {
  fc.assert(
    fc.property(randomWorkflow(8), fates(30), (definition, fate) => {
      const run = playOut(definition, fate);
      const arrived = new Map<string, Set<string>>();
      for (const { task, by, fate: decided, position } of run.decisions.flatMap((decision) => decision.targets)) {
        const node = run.graph.tasks.get(task);
        if (node === undefined || node.definition.join === null || by === undefined || decided === 'refused') continue;
        const key = JSON.stringify([task, Object.entries(position ?? {}).sort()]);
        const from = (arrived.get(key) ?? new Set<string>()).add(by.task);
        arrived.set(key, from);
        const needed = Math.max(1, arrivalsNeeded(run.graph, node, position ?? {}));
        if (decided === 'waiting') expect(from.size).toBeLessThan(needed);
        else expect(from.size).toBeGreaterThanOrEqual(needed);
      }
    }),
    runs,
  );
});

test('once a run was made to fail nothing starts and nothing is retried', () => {
  fc.assert(
    fc.property(randomWorkflow(8), fates(30), (definition, fate) => {
      let isFailing = false;
      playOut(definition, fate, (run) => {
        const last = run.decisions.at(-1);
        if (isFailing) expect([last?.targets, last?.transitions, last?.retry]).toEqual([[], [], undefined]);
        isFailing = run.state.failure !== null;
      });
    }),
    runs,
  );
});

test('the same fates give the same run, and its record rebuilds state and variables', () => {
  fc.assert(
    fc.property(randomWorkflow(8), fates(30, 'cancelled'), (definition, fate) => {
      const run = playOut(definition, fate);
      const rebuilt = replayRun(run.graph, run.facts, run.events);
      expect(JSON.parse(JSON.stringify(rebuilt.decisions))).toEqual(run.decisions);
      expect(JSON.parse(JSON.stringify(rebuilt.state))).toEqual(run.state);
      expect(rebuilt.variables).toEqual(run.variables);
    }),
    runs,
  );
});

test('task.<name> is the run that agrees with the reader, as if nothing were ever forgotten', () => {
  fc.assert(
    fc.property(randomWorkflow(8), fates(30), (definition, fate) => {
      const run = playOut(definition, fate);
      const starts = new Map(run.starts.map((start) => [`${start.task} ${start.visit}`, start]));
      const ended: { position: Position; id: number | null }[] = [];
      for (const { finished, retry, targets } of run.decisions) {
        const start = finished === null ? undefined : starts.get(`${finished.task} ${finished.visit}`);
        if (finished?.task === 't0' && start !== undefined && retry === undefined) {
          ended.push({ position: start.position, id: run.idOf(finished) });
        }
        for (const target of targets) {
          if (target.task === 't0' && target.fate === 'skipped')
            ended.push({ position: target.position ?? {}, id: null });
          const { input } = (target.fate === 'started' && starts.get(`${target.task} ${target.visit ?? 0}`)) || {};
          if (input === undefined || !Object.hasOwn(input, 'last')) continue;
          const common = nodeOf(run.graph, 't0').loops.filter((head) =>
            nodeOf(run.graph, target.task).loops.includes(head),
          );
          const agreeing = ended.filter(({ position }) => agreeIn(common, position, target.position ?? {}));
          const expected = agreeing.at(-1) ?? ended.at(-1);
          expect((input['last'] as { id?: number } | null)?.id ?? null).toBe(expected?.id ?? null);
        }
      }
    }),
    runs,
  );
});

const loops: { fixture: string; again: (task: string, step: number) => boolean }[] = [
  { fixture: 'fixtures/loop-with-join.yaml', again: () => true },
  { fixture: 'fixtures/loop-with-side-task.yaml', again: () => true },
  { fixture: 'fixtures/loop-with-unmet-join.yaml', again: () => true },
  { fixture: 'fixtures/nested-loops.yaml', again: (task, step) => task === 'check' || step % 3 > 0 },
  { fixture: 'fixtures/nested-loops.yaml', again: (task) => task === 'inner' },
];

test.each(loops)('hundreds of rounds of $fixture need no more state than a few', ({ fixture, again }) => {
  const run = new Play(endless(definitionIn(fixture)), { parameters: { from: 1000 } });
  const sizes: number[] = [];
  for (let step = 0; run.outcome === null; step += 1) {
    // Whatever lives ends, the tasks after and beside the loop first.
    for (const next of run.everyLiving().toReversed()) {
      run.tell({ ...next, outcome: 'succeeded', result: { n: step, again: again(next.task, step) } });
    }
    sizes.push(JSON.stringify(run.state).length);
  }
  expect(sizes.length).toBeGreaterThan(200);
  expect(Math.max(...sizes.slice(50))).toBeLessThan(Math.max(...sizes.slice(0, 50)) * 1.1);
});

/** The workflow with the conditions that count its rounds taken away. */
function endless(definition: WorkflowDefinition): WorkflowDefinition {
  const tasks = definition.tasks.map((task) => ({
    ...task,
    next: task.next
      .filter((transition) => transition.when !== 'round >= 3')
      .map((transition) => (transition.when === 'round < 3' ? { ...transition, when: null } : transition)),
  }));
  return { ...definition, tasks, max_visits: 300 };
}
