import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { timeLimit } from './time-limit.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

test('a time limit that is one of several signals outlives the collection of garbage', async () => {
  const any = (() => AbortSignal.any([timeLimit(300), new AbortController().signal]))();
  const aborted = new Promise((resolve) => any.addEventListener('abort', resolve, { once: true }));
  await new Promise((resolve) => setTimeout(resolve, 50));
  collectGarbage();
  await aborted;
  expect((any.reason as DOMException).name).toBe('TimeoutError');
});
