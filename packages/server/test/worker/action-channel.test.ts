import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, test } from 'vitest';
import { runsAtOnce } from '../../src/worker/run.ts';
import { openBench } from './bench.ts';

/** What a tracer hears that subscribes as the reference says. */
function listening(): { heard: unknown[] } & Disposable {
  const heard: unknown[] = [];
  const hear = (message: unknown) => void heard.push(message);
  subscribe('attune:action.start', hear);
  return { heard, [Symbol.dispose]: () => void unsubscribe('attune:action.start', hear) };
}

const noop = { ref: 'core.noop', runner_type: 'native', entry_point: 'builtin:noop', parameters: null, output: null };
const nothing = { seal: (text: string) => text, open: (text: string) => text };

test('a tracer hears of each action that starts, before it does anything', async () => {
  await using bench = openBench();
  using tracer = listening();
  const { started } = await bench.run({ script: 'echo done\n' });
  expect(started.log('stdout')).toBe('done\n');
  expect(tracer.heard).toEqual([{ action_ref: 'demo.script', execution: '7' }]);
});

test('and of what is run while its execution is taken or created, which has no id there', () => {
  using tracer = listening();
  const ran = runsAtOnce(nothing)({ action_ref: 'core.noop', config: {}, definition: noop });
  expect(ran?.outcome.kind).toBe('succeeded');
  expect(tracer.heard).toEqual([{ action_ref: 'core.noop', execution: null }]);
});

test('but of none that is refused its parameters', async () => {
  await using bench = openBench();
  using tracer = listening();
  const outcome = await bench.run(
    { script: 'echo never\n', parameters: { n: { type: 'integer' } } },
    { parameters: { n: 'three' } },
  );
  expect(outcome.kind).toBe('failed');
  expect(tracer.heard).toEqual([]);
});
