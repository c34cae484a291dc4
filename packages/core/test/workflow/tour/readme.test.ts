import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readTour, tourFolder } from '../../../../server/test/conformance/suite/case.ts';

const home = join(tourFolder, '..');
const page = readFileSync(join(home, 'README.md'), 'utf8');
const tour = readTour();

const links = [...page.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target);

test('every file that the page of the tour names exists', () => {
  expect(links.filter((target) => !existsSync(join(home, target)))).toEqual([]);
});

test('every workflow of the tour stands on its page', () => {
  expect(tour.workflows.filter((file) => !links.includes(`tour/${file}`))).toEqual([]);
});

test('every workflow is played, or is part of one that is', () => {
  const played = new Set(tour.cases.map(({ file }) => file));
  expect(tour.workflows.filter((file) => !played.has(file))).toEqual([]);
  expect(tour.workflows.length).toBeGreaterThanOrEqual(95);
});

test('every workflow begins with a comment that says what it shows and by which rule', () => {
  const head = /^# \S.*\n# Rule( \[gap\])?: \S.*\n/;
  expect(tour.workflows.filter((file) => !head.test(readFileSync(join(tourFolder, file), 'utf8')))).toEqual([]);
});

test('every gap that a file says it closes is in the table of gaps, and no other', () => {
  const [, table = ''] = /## What used to be a gap\n([^]*?)\n## /.exec(page) ?? [];
  const named = [...table.matchAll(/\]\(tour\/([^)]+)\)/g)].map(([, file = '']) => file);
  const marked = tour.workflows.filter((file) =>
    readFileSync(join(tourFolder, file), 'utf8').includes('# Rule [gap]:'),
  );
  expect(new Set(named)).toEqual(new Set(marked));
});
