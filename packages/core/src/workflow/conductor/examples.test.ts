import { describe, expect, test } from 'vitest';
import { play, type Play } from '../../../test/workflow/play.ts';

describe('patching a fleet', () => {
  const hosts = ['a', 'b', 'c', 'd'];
  const asked = (): Play => {
    const run = play('fixtures/patch-fleet.yaml', { hosts });
    expect(run.first).toEqual(['snapshot', 'lint']);
    expect(run.finish('lint')).toEqual([]);
    expect(run.finish('snapshot', 'succeeded', { id: 'snap-7' })).toEqual(['gate']);
    expect(run.start('gate').input).toEqual({ prompt: 'Patch 4 hosts (night)?', assigned_to: null });
    return run;
  };

  test('all well', () => {
    const run = asked();
    expect(run.finish('gate', 'succeeded', { response: { go: true } })).toEqual(['patch.0', 'patch.1', 'patch.2']);
    expect(run.starts.at(-1)).toMatchObject({ input: { host: 'c', slot: 3, rollback_to: 'snap-7' }, max_retries: 2 });
    expect(run.finishItem('patch', 1)).toEqual(['patch.3']);
    expect(run.finish('patch')).toEqual([]);
    expect(run.finish('patch')).toEqual([]);
    expect(run.finish('patch')).toEqual(['report']);
    run.finish('report');
    expect(run.outcome).toEqual({ status: 'completed', result: { patched: 4, note: 'ok', succeeded: true } });
  });

  test('a branch that fails leaves the join unmet and the run failed', () => {
    const run = play('fixtures/patch-fleet.yaml', { hosts });
    run.finish('lint', 'failed');
    expect(run.finish('snapshot', 'succeeded', { id: 'snap-7' })).toEqual([]);
    expect(run.outcome?.status).toBe('failed');
    expect(run.outcome?.result['error']).toBe(
      "Workflow failed: 1 task(s) failed: lint; the join 'gate' was reached by snapshot but needs 2 of its predecessors;" +
        ' lint did not lead to it',
    );
  });

  test.each([
    ['rejected', 'succeeded', { response: { go: false } }],
    ['no answer', 'timed_out', {}],
  ] as const)('%s', (note, outcome, result) => {
    const run = asked();
    expect(run.finish('gate', outcome, result)).toEqual(['report']);
    run.finish('report');
    expect(run.outcome).toEqual({ status: 'completed', result: { patched: 4, note, succeeded: true } });
  });

  test('spent retries lead to the restore, and the run still completes', () => {
    const run = asked();
    run.finish('gate', 'succeeded', { response: { go: true } });
    for (const outcome of ['failed', 'timed_out'] as const) {
      run.finishItem('patch', 1, outcome);
      run.again('patch', 1, 1);
    }
    expect(run.retries.map((retry) => retry.delay_seconds)).toEqual([15, 30]);
    expect(run.finishItem('patch', 1, 'failed')).toEqual([]);
    expect(run.finishItem('patch', 2)).toEqual([]);
    expect(run.finishItem('patch', 0)).toEqual(['restore']);
    expect(run.start('restore').input).toEqual({ id: 'snap-7' });
    expect(run.finish('restore')).toEqual(['report']);
    run.finish('report');
    expect(run.outcome?.result).toEqual({ patched: 4, note: 'restored from snap-7', succeeded: true });
  });
});

describe('polling with a counter', () => {
  const submitted = (limit?: number): Play => {
    const run = play('fixtures/run-report.yaml', { query: 'q', ...(limit === undefined ? {} : { limit }) });
    expect(run.finish('submit', 'succeeded', { job_id: 9 })).toEqual(['probe']);
    return run;
  };

  test('it polls until the job is done', () => {
    const run = submitted();
    for (const [round, status] of ['queued', 'busy'].entries()) {
      expect(run.start('probe')).toMatchObject({ visit: round + 1, input: { job: 9 } });
      expect(run.finish('probe', 'succeeded', { status })).toEqual(['nap']);
      expect(run.start('nap').input).toEqual({ seconds: 5 * (round + 2) });
      expect(run.finish('nap')).toEqual(['probe']);
    }
    expect(run.finish('probe', 'succeeded', { status: 'done' })).toEqual(['collect']);
    run.finish('collect');
    expect(run.outcome?.result).toEqual({ state: 'done', probes: 3, succeeded: true });
  });

  test('it gives up at the limit, which is a success without a target', () => {
    const run = submitted(1);
    run.finish('probe', 'succeeded', { status: 'busy' });
    run.finish('nap');
    expect(run.finish('probe', 'succeeded', { status: 'busy' })).toEqual([]);
    expect(run.outcome).toEqual({ status: 'completed', result: { state: 'gave_up', probes: 2, succeeded: true } });
  });
});
