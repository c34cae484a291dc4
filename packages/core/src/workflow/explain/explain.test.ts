import { expect, test } from 'vitest';
import { Play, soundly } from '../../../test/workflow/play.ts';
import { explained, recordOf } from '../../../test/workflow/recount.ts';
import { replay } from '../../expression/replay.ts';
import type { Proof } from '../../expression/proof.ts';
import type { RunExplanation, TaskExplanation, TaskRunExplanation } from './explanation.ts';

const playing = (text: string, parameters = {}): Play =>
  new Play(soundly(`ref: tests.flow\nversion: "1"\n${text}`, 'flow.yaml'), { parameters });

function task(explanation: RunExplanation, name: string): TaskExplanation {
  const found = explanation.tasks.find((one) => one.task === name);
  if (found === undefined) throw new Error(`No task ${name}`);
  return found;
}

function lastRun(explanation: RunExplanation, name: string): TaskRunExplanation {
  const run = task(explanation, name).runs.at(-1);
  if (run === undefined) throw new Error(`${name} did not run`);
  return run;
}

const branching = `
vars: { tries: 0 }
tasks:
  - name: build
    action: tests.build
    next:
      - when: succeeded() and result().size > 100
        publish: [ { big: "{{ result().size }}" }, { tries: "{{ tries + 1 }}" } ]
        do: [shrink, note]
      - when: succeeded() and result().size <= 100
        do: [ship]
      - { do: [note] }
  - { name: shrink, action: tests.shrink, next: [ { do: [ship] } ] }
  - { name: ship, action: tests.ship }
  - { name: note, action: tests.note }
`;

test('each transition has its value and a proof, what it published, and what it led to', () => {
  const run = playing(branching);
  run.finish('build', 'succeeded', { size: 120 });
  const explanation = explained(run);
  expect(explanation.replay).toEqual({ agrees: true, step: null, message: null });
  const build = lastRun(explanation, 'build');
  expect(build).toMatchObject({ visit: 1, because: [], outcome: 'succeeded', when: null });
  const [first, second, third] = build.transitions;
  expect(first).toMatchObject({ index: 0, fired: true, published: { big: 120, tries: 1 }, do: ['shrink', 'note'] });
  expect(second).toMatchObject({ index: 1, fired: false, published: {}, error: null });
  expect(third).toMatchObject({ index: 2, fired: true, when: null });
  expect(first?.when).toMatchObject({ condition: 'succeeded() and result().size > 100', value: true });
  expect(replay(first?.when?.proof as Proof)).toBe(true);
  expect(replay(second?.when?.proof as Proof)).toBe(false);
  expect(JSON.stringify(second?.when?.proof)).toContain('120');
  expect(build.led_to).toEqual([
    { task: 'shrink', fate: 'started', visit: 1, reason: null },
    { task: 'note', fate: 'started', visit: 1, reason: null },
  ]);
  expect(lastRun(explanation, 'note').because).toEqual([{ task: 'build', visit: 1, transitions: [0, 2] }]);
});

test('a later transition is proven with what the ones before it published', () => {
  const run = playing(`
vars: { n: 1 }
tasks:
  - name: a
    action: tests.a
    next:
      - publish: [ { n: 5 } ]
      - { when: n == 5, do: [noop] }
`);
  run.finish('a');
  const [, second] = lastRun(explained(run), 'a').transitions;
  expect(second?.when).toMatchObject({ value: true });
  expect(second?.when?.proof).toMatchObject({ operands: [{ path: ['n'], result: 5 }, { result: 5 }] });
});

test('what may still come is told from what is past', () => {
  const run = playing(branching);
  expect(task(explained(run), 'ship')).toMatchObject({
    state: 'not_reached',
    led_to_by: [
      { task: 'build', index: 1, evaluated: 0, fired: 0, may_still_fire: true },
      { task: 'shrink', index: 0, may_still_fire: true },
    ],
  });
  run.finish('build', 'succeeded', { size: 5 });
  const explanation = explained(run);
  expect(task(explanation, 'shrink')).toMatchObject({ state: 'no_path', runs: [] });
  expect(task(explanation, 'shrink').message).toContain(
    'build next[0] (succeeded() and result().size > 100) did not fire',
  );
  expect(task(explanation, 'ship')).toMatchObject({ state: 'active', runs_total: 1 });
  run.finish('ship');
  run.finish('note');
  expect(task(explained(run), 'shrink').state).toBe('run_ended');
});

const joining = `
tasks:
  - { name: left, action: tests.a, next: [ { do: [merge] } ] }
  - { name: middle, action: tests.a, next: [ { when: succeeded(), do: [merge] }, { when: failed(), do: [noop] } ] }
  - { name: right, action: tests.a, next: [ { do: [merge] } ] }
  - { name: merge, action: tests.a, join: all, next: [ { do: [after] } ] }
  - { name: after, action: tests.a }
`;

test('a join says who came, who is missing, and whether they can still come', () => {
  const run = playing(joining);
  run.finish('left');
  const waiting = task(explained(run), 'merge');
  expect(waiting.state).toBe('waiting_for_join');
  expect(waiting.joins).toEqual([
    {
      position: {},
      needed: 3,
      arrived: ['left'],
      missing: [
        { task: 'middle', may_still_come: true },
        { task: 'right', may_still_come: true },
      ],
    },
  ]);
  run.finish('middle', 'failed');
  const lost = explained(run);
  expect(task(lost, 'merge')).toMatchObject({
    state: 'join_unmet',
    joins: [
      {
        missing: [
          { task: 'middle', may_still_come: false },
          { task: 'right', may_still_come: true },
        ],
      },
    ],
  });
  expect(task(lost, 'merge').message).toContain('1 of 3: came left; missing middle (cannot come any more), right');
  run.finish('right');
  expect(task(explained(run), 'merge').joins).toMatchObject([{ arrived: ['left', 'right'] }]);
});

test('a join that started names all that led to it, and what came too late is dropped', () => {
  const run = playing(joining.replace('join: all', 'join: 2'));
  run.finish('left');
  run.finish('right');
  run.finish('middle');
  const explanation = explained(run);
  expect(lastRun(explanation, 'merge').because).toEqual([
    { task: 'left', visit: 1, transitions: [0] },
    { task: 'right', visit: 1, transitions: [0] },
  ]);
  expect(lastRun(explanation, 'middle').led_to).toEqual([
    { task: 'merge', fate: 'dropped', visit: null, reason: 'it has started at this position before' },
  ]);
});

test('a skipped task has the proof of its condition', () => {
  const run = playing(
    `
parameters: { notify: { type: boolean, default: false } }
tasks:
  - { name: build, action: tests.a, next: [ { do: [mail] } ] }
  - { name: mail, action: tests.a, when: parameters.notify, next: [ { do: [close] } ] }
  - { name: close, action: tests.a }
`,
    { notify: false },
  );
  run.finish('build');
  const mail = task(explained(run), 'mail');
  expect(mail.state).toBe('skipped');
  expect(mail.runs).toMatchObject([{ outcome: 'skipped', when: { condition: 'parameters.notify', value: false } }]);
  expect(replay(mail.runs[0]?.when?.proof as Proof)).toBe(false);
});

test('retries are told with the proof of on_error', () => {
  const run = playing(`
tasks:
  - name: call
    action: tests.a
    retry: { count: 3, delay: 10, on_error: result().code >= 500 }
    next: [ { when: failed(), do: [noop] } ]
`);
  run.finish('call', 'failed', { code: 503 });
  run.again('call');
  run.finish('call', 'failed', { code: 404 });
  const { retries } = lastRun(explained(run), 'call');
  expect(retries).toMatchObject([
    { attempt: 1, outcome: 'failed', retry_count: 1, delay_seconds: 10, on_error: { value: true } },
    { attempt: 2, outcome: 'failed', retry_count: null, on_error: { value: false } },
  ]);
  for (const { on_error } of retries) expect(replay(on_error?.proof as Proof)).toBe(on_error?.value);
});

test('a condition that cannot be evaluated has an error and no proof, and the rest says why nothing starts', () => {
  const run = playing(`
tasks:
  - { name: a, action: tests.a, next: [ { when: result().x > 1, do: [b] } ] }
  - { name: b, action: tests.a }
  - { name: c, action: tests.a, next: [ { do: [d] } ] }
  - { name: d, action: tests.a }
`);
  run.finish('a', 'succeeded', {});
  const explanation = explained(run);
  const [transition] = lastRun(explanation, 'a').transitions;
  expect(transition).toMatchObject({ fired: false, when: { value: null, proof: null } });
  expect(transition?.error).toContain("task 'a', next[0].when");
  expect(explanation.failures).toEqual([transition?.error]);
  expect(task(explanation, 'd').state).toBe('run_failing');
  expect(task(explained(run, { standing: 'canceling' }), 'd').state).toBe('run_canceling');
});

test('items are counted, and the rest says why it has not started', () => {
  const run = playing(`
tasks:
  - { name: each, action: tests.a, with_items: "{{ range(6) }}", concurrency: 2, next: [ { do: [done] } ] }
  - { name: done, action: tests.a }
`);
  run.finishItem('each', 0);
  expect(lastRun(explained(run), 'each')).toMatchObject({
    outcome: null,
    items: {
      count: 6,
      released: 3,
      ended: { succeeded: 1 },
      rest: { state: 'waiting_for_item_slot', message: expect.stringContaining('3 of 6') as string },
    },
  });
  run.finishItem('each', 1, 'failed');
  expect(lastRun(explained(run), 'each').items).toMatchObject({ released: 3, rest: { state: 'items_stopped' } });
  run.finishItem('each', 2);
  expect(lastRun(explained(run), 'each')).toMatchObject({ outcome: 'failed', items: { rest: null } });
});

test('where the record cannot be decided again, it says so, and proves nothing from there on', () => {
  const run = playing(branching);
  run.finish('build', 'succeeded', { size: 120 });
  run.finish('shrink');
  const record = recordOf(run).map((step) =>
    step.event?.kind === 'finished' && step.event.finished.task === 'build'
      ? { ...step, event: { ...step.event, finished: { ...step.event.finished, result: { size: 90 } } } }
      : step,
  );
  const explanation = explained(run, { record });
  expect(explanation.replay).toMatchObject({ agrees: false, step: 2 });
  expect(explanation.replay.message).toContain('transitions');
  const [first] = lastRun(explanation, 'build').transitions;
  expect(first).toMatchObject({ fired: true, published: { big: 120 }, when: { value: true, proof: null } });
  expect(lastRun(explanation, 'ship').because).toEqual([{ task: 'shrink', visit: 1, transitions: [0] }]);
});

test('a record that is damaged is no reason to explain nothing', () => {
  const run = playing(branching);
  run.finish('build', 'succeeded', { size: 5 });
  const damaged = recordOf(run).map((step) =>
    step.event?.kind === 'finished'
      ? { ...step, event: { ...step.event, finished: { ...step.event.finished, task: 'nothing' } } }
      : step,
  );
  const explanation = explained(run, { record: damaged });
  expect(explanation.replay).toMatchObject({ agrees: false, step: 2 });
  expect(lastRun(explanation, 'build').transitions).toHaveLength(3);
});

test('only the last runs of a task are shown, and all are counted', () => {
  const run = playing(`
tasks:
  - { name: again, action: tests.a, next: [ { when: result().more, do: [again] } ] }
`);
  for (let round = 1; round <= 150; round += 1) run.finish('again', 'succeeded', { more: round < 150 });
  const again = task(explained(run), 'again');
  expect([again.runs_total, again.runs.length, again.runs[0]?.visit, again.runs.at(-1)?.visit]).toEqual([
    150, 100, 51, 150,
  ]);
});
