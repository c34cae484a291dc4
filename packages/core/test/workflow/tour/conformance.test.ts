import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { formatProblem, loadPack, nothingKnown, type Known, type PackFiles } from '@attune/core';
import { expect, test } from 'vitest';
import { readTour, tourKeys } from '../../../../server/test/conformance/suite/case.ts';
import { expectRun } from '../../../../server/test/conformance/suite/observed.ts';
import { playCase, type World } from './player.ts';

const tour = readTour();

const core = readCore();
const loaded = loadPack(core, nothingKnown);
const actions = new Map((loaded.pack?.actions ?? []).map((action) => [action.ref, action]));
const known: Known = { action: (ref) => actions.get(ref), trigger: () => undefined, refs: () => actions.keys() };

const pack = loadPack(tour.files, known);

test('the pack of the tour is sound', () => {
  expect(pack.problems.map(formatProblem)).toEqual([]);
});

const plays = tour.cases.filter(
  ({ expectation: { needs, problems } }) => needs === undefined && problems === undefined,
);

/** Orders in which tasks end: as they started, the last one first, and by chance. */
const orders = ['first', 'last', 1, 2, 3, 4, 5, 6, 7, 8] as const;

test.each(plays.map((one) => [one.name, one] as const))('%s', (_, one) => {
  if (pack.pack === undefined) throw new Error('The pack of the tour is not sound');
  const world: World = { pack: pack.pack, known, keystore: tourKeys };
  for (const order of orders) {
    const observed = playCase(world, one, pickerOf(order));
    expectRun(`${one.file}, tasks ending in the order '${order}'`, observed, one.expectation.run);
  }
});

const refused = tour.cases.flatMap((one) => {
  const { problems } = one.expectation;
  return problems === undefined ? [] : [{ ...one, problems }];
});

test.each(refused.map((one) => [one.name, one] as const))('%s', (_, one) => {
  const { problems } = loadPack(tour.refusedFiles(one), known);
  const told = problems.map((problem) => `${problem.line ?? 0}:${problem.column ?? 0} ${problem.message}`);
  expect(told, one.file).toEqual(one.problems.map((expected) => matched(told, expected)));
});

/** The problem that the expectation means: the same place, and the words that it names. */
const matched = (told: readonly string[], expected: string): string => {
  const [place = '', ...words] = expected.split(' ');
  return told.find((one) => one.startsWith(`${place} `) && one.includes(words.join(' '))) ?? expected;
};

function pickerOf(order: (typeof orders)[number]): (of: number) => number {
  if (order === 'first') return () => 0;
  if (order === 'last') return (of) => of - 1;
  let state = order * 2_654_435_761;
  return (of) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * of);
  };
}

function readCore(): PackFiles {
  const folder = join(import.meta.dirname, '../../../../../packs/core');
  return new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [path.slice(folder.length + 1), { content: readFileSync(path), mode: 0o644 }] as const;
      }),
  );
}
