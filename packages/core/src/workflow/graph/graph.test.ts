import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawn } from '../../../test/workflow/arrows.ts';
import { randomArrows } from '../../../test/workflow/random-arrows.ts';
import { targetsOf } from '../definition.ts';
import { buildGraph, nodeOf, type WorkflowGraph } from './graph.ts';

const graphOf = (...lines: string[]): WorkflowGraph => buildGraph(drawn(lines));
const loopsIn = (graph: WorkflowGraph): Record<string, string> =>
  Object.fromEntries([...graph.loops.values()].map((loop) => [loop.head, [...loop.members].sort().join(' ')]));

test('a run begins with every task that nothing targets', () => {
  expect(graphOf('a -> c', 'b -> c', 'c', 'd').entries).toEqual(['a', 'b', 'd']);
});

test('of a group of tasks that only target each other, the first in the file is the entry', () => {
  expect(graphOf('ping -> pong', 'pong -> ping', 'alone -> alone').entries).toEqual(['ping', 'alone']);
});

test('a group that is targeted from outside has no entry', () => {
  expect(graphOf('ping -> pong', 'pong -> ping', 'start -> pong').entries).toEqual(['start']);
});

test('a loop is its head and what leads back to it', () => {
  const graph = graphOf('submit -> probe', 'probe -> collect nap', 'nap -> probe', 'collect');
  expect(loopsIn(graph)).toEqual({ probe: 'nap probe' });
  expect(graph.loops.get('probe')?.backSources).toEqual(['nap']);
});

test('a task that targets itself is a loop of one', () => {
  expect(loopsIn(graphOf('again -> again after', 'after'))).toEqual({ again: 'again' });
});

test('loops nest; one head has one loop, whatever leads back to it', () => {
  const graph = graphOf(
    'outer -> inner',
    'inner -> body',
    'body -> inner left right',
    'left -> outer',
    'right -> outer',
  );
  expect(loopsIn(graph)).toEqual({ outer: 'body inner left outer right', inner: 'body inner' });
  expect(nodeOf(graph, 'body').loops).toEqual(['outer', 'inner']);
  expect(graph.loops.get('outer')?.inner).toEqual(['inner']);
  expect(graph.loops.get('inner')?.outer).toEqual(['outer']);
});

test('a loop with two ways in has the head that the walk meets first', () => {
  expect(loopsIn(graphOf('start -> b a', 'a -> b', 'b -> a'))).toEqual({ b: 'a b' });
});

test('a task has passed the loops that no path to it avoids', () => {
  const graph = graphOf(
    'start -> loop',
    'loop -> loop after',
    'after -> end',
    'end',
    'other -> late',
    'late',
    'after2 -> late',
  );
  expect(nodeOf(graph, 'end').passed).toEqual(['loop']);
  const shortcut = graphOf('start -> loop end', 'loop -> loop end', 'end');
  expect(nodeOf(shortcut, 'end').passed).toEqual([]);
});

test('only tasks where runs may meet are marked as merging', () => {
  const graph = graphOf('a -> b c', 'b -> d', 'c -> d', 'd -> e', 'e -> e');
  expect([...graph.tasks.values()].filter((node) => node.merges).map((node) => node.definition.name)).toEqual([
    'd',
    'e',
  ]);
});

test('a graph of ten thousand tasks in a row is no problem', () => {
  const lines = Array.from({ length: 10_000 }, (_, index) => `t${index} -> t${index + 1}`);
  expect(graphOf(...lines, 't10000 -> t0').loops.get('t0')?.members.size).toBe(10_001);
});

test('any two loops nest or are disjoint, and every cycle runs through the head of a loop around all of it', () => {
  fc.assert(
    fc.property(randomArrows(9), (definition) => {
      const graph = buildGraph(definition);
      const loops = [...graph.loops.values()];
      for (const a of loops) {
        for (const b of loops) {
          const common = [...a.members].filter((task) => b.members.has(task)).length;
          expect([0, a.members.size, b.members.size]).toContain(common);
        }
      }
      for (const cycle of cyclesOf(definition.tasks.map((task) => [task.name, targetsOf(task)]))) {
        const around = loops.filter(
          (loop) => cycle.includes(loop.head) && cycle.every((task) => loop.members.has(task)),
        );
        expect(around).not.toEqual([]);
      }
    }),
    { numRuns: 300 },
  );
});

test('every task is reached, and what it passed agrees with a search that avoids the loop', () => {
  fc.assert(
    fc.property(randomArrows(9), (definition) => {
      const graph = buildGraph(definition);
      for (const [name, node] of graph.tasks) {
        expect(graph.entries.some((entry) => graph.reaches(entry, name))).toBe(true);
        const unavoidable = [...graph.loops.values()]
          .filter((loop) => !reachable(graph, (task) => !loop.members.has(task)).has(name))
          .map((loop) => loop.head);
        expect(node.passed).toEqual(unavoidable);
      }
    }),
    { numRuns: 300 },
  );
});

/** What can be reached from the entries through tasks that are allowed. */
function reachable(graph: WorkflowGraph, isAllowed: (task: string) => boolean): Set<string> {
  const found = new Set(graph.entries.filter(isAllowed));
  for (const task of found) {
    for (const target of targetsOf(nodeOf(graph, task).definition)) if (isAllowed(target)) found.add(target);
  }
  return found;
}

/** Every cycle without repeated tasks, found the slow way. */
function cyclesOf(edges: [string, string[]][]): string[][] {
  const targets = new Map(edges);
  const cycles: string[][] = [];
  const follow = (path: string[]): void => {
    for (const target of targets.get(path.at(-1) ?? '') ?? []) {
      if (target === path[0]) cycles.push(path);
      else if (!path.includes(target) && path.length < 6) follow([...path, target]);
    }
  };
  for (const [start] of edges) follow([start]);
  return cycles;
}
