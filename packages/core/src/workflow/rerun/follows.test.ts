import { expect, test } from 'vitest';
import { drawn } from '../../../test/workflow/arrows.ts';
import { buildGraph } from '../graph/graph.ts';
import { mayFollow } from './follows.ts';

const at = (task: string, position: Record<string, number> = {}) => ({ task, position });

test('what a task leads to follows it; what stands beside it or before it does not', () => {
  const graph = buildGraph(drawn(['build -> test lint', 'test -> ship', 'lint -> ship', 'ship', 'other']));
  const after = (task: string) => mayFollow(graph, at(task), at('test'));
  expect(['build', 'test', 'lint', 'ship', 'other'].filter(after)).toEqual(['ship']);
});

test('in a loop only what comes later in this iteration, and later iterations, follow', () => {
  const graph = buildGraph(drawn(['start -> probe', 'probe -> work', 'work -> nap done', 'nap -> probe', 'done']));
  const from = at('work', { probe: 5 });
  const after = (task: string, probe: number) => mayFollow(graph, at(task, { probe }), from);
  expect([after('probe', 4), after('probe', 5), after('work', 5), after('work', 4), after('nap', 4)]).toEqual(
    Array(5).fill(false),
  );
  expect([after('nap', 5), after('probe', 6), after('work', 6), after('done', 5)]).toEqual(Array(4).fill(true));
  expect(mayFollow(graph, at('start'), from)).toBe(false);
});

test('a loop inside another begins anew with each iteration of the outer one', () => {
  const graph = buildGraph(
    drawn(['outer -> inner', 'inner -> step', 'step -> inner close', 'close -> outer end', 'end']),
  );
  const from = at('step', { outer: 1, inner: 3 });
  const after = (task: string, outer: number, inner?: number) =>
    mayFollow(graph, at(task, inner === undefined ? { outer } : { outer, inner }), from);
  expect([after('inner', 1, 3), after('inner', 1, 2), after('step', 0, 9), after('outer', 1)]).toEqual(
    Array(4).fill(false),
  );
  expect([after('inner', 1, 4), after('close', 1, 3), after('inner', 2, 0), after('step', 2, 0)]).toEqual(
    Array(4).fill(true),
  );
});
