import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawn } from '../../../test/workflow/arrows.ts';
import { randomArrows } from '../../../test/workflow/random-arrows.ts';
import { targetsOf } from '../definition.ts';
import { buildGraph, nodeOf, type WorkflowGraph } from './graph.ts';
import { entryPosition, isSamePosition, mayLeadTo, moveAlong, type Position } from './position.ts';

/** The positions of a walk through these tasks, the first of them an entry. */
function positionsOf(graph: WorkflowGraph, walk: string): Position[] {
  const [entry = '', ...others] = walk.split(' ');
  let at = { task: entry, position: entryPosition(nodeOf(graph, entry)) };
  return [
    at.position,
    ...others.map((task) => {
      at = { task, position: moveAlong(graph, at.task, task, at.position) };
      return at.position;
    }),
  ];
}

const nested = buildGraph(
  drawn(['outer -> inner', 'inner -> inner after', 'after -> outer end', 'end -> last', 'last']),
);

test('entering sets 0, a back edge adds 1 and forgets the loops inside, leaving keeps the number', () => {
  expect(positionsOf(nested, 'outer inner inner after outer inner after end last')).toEqual([
    { outer: 0 },
    { outer: 0, inner: 0 },
    { outer: 0, inner: 1 },
    { outer: 0, inner: 1 },
    { outer: 1 },
    { outer: 1, inner: 0 },
    { outer: 1, inner: 0 },
    { outer: 1, inner: 0 },
    { outer: 1, inner: 0 },
  ]);
});

test('a loop that is entered sideways begins with 0 too', () => {
  const graph = buildGraph(drawn(['start -> head body', 'head -> body', 'body -> head']));
  expect(positionsOf(graph, 'start body head body')).toEqual([{}, { head: 0 }, { head: 1 }, { head: 1 }]);
});

test('what is past an iteration cannot come back to it, what is outside the loop may still come', () => {
  const at = (task: string, position: Position) => ({ task, position });
  expect(mayLeadTo(nested, at('inner', { outer: 0, inner: 2 }), at('inner', { outer: 0, inner: 1 }))).toBe(false);
  expect(mayLeadTo(nested, at('inner', { outer: 0, inner: 0 }), at('inner', { outer: 0, inner: 1 }))).toBe(true);
  expect(mayLeadTo(nested, at('after', { outer: 0, inner: 0 }), at('inner', { outer: 0, inner: 1 }))).toBe(false);
  expect(mayLeadTo(nested, at('after', { outer: 0, inner: 0 }), at('inner', { outer: 1, inner: 1 }))).toBe(true);
  expect(mayLeadTo(nested, at('end', { outer: 0, inner: 0 }), at('inner', { outer: 1, inner: 1 }))).toBe(false);
});

/** A graph and a walk through it: at each task, which of its targets comes next. */
const walks = fc.tuple(randomArrows(8), fc.nat(), fc.array(fc.nat(), { maxLength: 30 }));

function* stepsOf(graph: WorkflowGraph, start: number, choices: readonly number[]) {
  const entry = graph.entries[start % graph.entries.length] ?? '';
  let at = { task: entry, position: entryPosition(nodeOf(graph, entry)) };
  yield at;
  for (const choice of choices) {
    const targets = targetsOf(nodeOf(graph, at.task).definition);
    const task = targets[choice % targets.length];
    if (task === undefined) return;
    at = { task, position: moveAlong(graph, at.task, task, at.position) };
    yield at;
  }
}

test('no walk meets one task at one position twice', () => {
  fc.assert(
    fc.property(walks, ([definition, start, choices]) => {
      const seen = [...stepsOf(buildGraph(definition), start, choices)];
      seen.forEach((at, index) => {
        const again = seen.slice(index + 1).some((b) => b.task === at.task && isSamePosition(b.position, at.position));
        expect(again).toBe(false);
      });
    }),
    { numRuns: 500 },
  );
});

test('whatever a walk comes to was possible from each of its steps before', () => {
  fc.assert(
    fc.property(walks, ([definition, start, choices]) => {
      const graph = buildGraph(definition);
      const seen = [...stepsOf(graph, start, choices)];
      seen.forEach((from, index) => {
        for (const to of seen.slice(index)) expect(mayLeadTo(graph, from, to)).toBe(true);
      });
    }),
    { numRuns: 500 },
  );
});

test('a task that is not marked as merging has one way to each of its positions', () => {
  fc.assert(
    fc.property(randomArrows(7), (definition) => {
      const graph = buildGraph(definition);
      const reached: { task: string; position: Position; by: string }[] = graph.entries.map((task) => ({
        task,
        position: entryPosition(nodeOf(graph, task)),
        by: '',
      }));
      for (const at of reached) {
        if (reached.length > 200) break;
        for (const target of targetsOf(nodeOf(graph, at.task).definition)) {
          const position = moveAlong(graph, at.task, target, at.position);
          const isKnown = reached.some((b) => b.task === target && isSamePosition(b.position, position));
          if (isKnown) expect(nodeOf(graph, target).merges).toBe(true);
          else reached.push({ task: target, position, by: at.task });
        }
      }
    }),
    { numRuns: 500 },
  );
});
