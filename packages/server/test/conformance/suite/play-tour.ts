import { AttuneError, type Id, type PackFiles } from '@attune/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../../../../../testing/until.ts';
import { readTour, tourKeys, type Case, type Tour } from './case.ts';
import { openCompany, uploadOf, type Cast, type Company } from './company.ts';
import { control, heldBy } from './controls.ts';
import { expectRun, type ObservedRun } from './observed.ts';
import { observeRun } from './observe.ts';
import { withoutRestarts } from './restarts.ts';
import { turnsOf } from './turns.ts';

/** Milliseconds for one case: it waits for others that share the machine, and some wait for a worker to be lost. */
const caseTimeout = 180_000;

/** Workflows that run at a time: enough to meet each other, few enough that none is late for a limit of a few seconds. */
const mostAtATime = 30;

/** How a tour is played. */
export interface Staging {
  cast: Cast;
  /** What is done to the processes until all runs have ended. */
  disturb?: (company: Company, isOver: () => boolean) => Promise<void>;
  /** Workers are among what is killed: actions are started again then, so what is about retries, lost workers and moments is left out. */
  losesWorkers?: boolean;
}

/** Registers the tour by the API, starts its workflows side by side, and holds each to what is expected of it. */
export function playTour({ cast, disturb, losesWorkers = false }: Staging): void {
  const tour = readTour();
  const refused = tour.cases.filter(({ expectation }) => expectation.problems !== undefined);
  const played = tour.cases.filter(
    (one) => one.expectation.problems === undefined && !(losesWorkers && dependsOnAttempts(tour, one)),
  );
  const isDoomed = ({ expectation }: Case) =>
    Object.values(expectation.actions).some(({ outcome }) => outcome === 'abandoned');
  const runs = new Map<Case, Promise<{ id: Id; observed: ObservedRun }>>();
  let company: Company | undefined;
  let disturbance: Promise<void> | undefined;

  const theCompany = (): Company => {
    if (company === undefined) throw new Error('The processes did not start');
    return company;
  };

  beforeAll(async () => {
    company = await openCompany(cast);
    const client = await company.client();
    await client.registerPack({ body: uploadOf(losesWorkers ? restartable(tour.files) : tour.files) });
    await Promise.all(
      Object.entries(tourKeys).map(([name, value]) =>
        client.createKey({ body: { name, value, owner_type: 'pack', owner: 'tour' } }),
      ),
    );
    const calm = played.filter((one) => !isDoomed(one));
    const inTurn = turnsOf(mostAtATime);
    const calmRuns = calm.map((one) => inTurn(() => play(theCompany(), one)));
    for (const [index, run] of calmRuns.entries()) if (calm[index] !== undefined) runs.set(calm[index], run);
    let isOver = false;
    const rest = Promise.allSettled(calmRuns).then(() => (isOver = true));
    disturbance = disturb?.(company, () => isOver);
    // A lost worker loses all that it has, so these begin when nothing else runs.
    const doomed = played.filter(isDoomed);
    const together = rest.then(() => disturbance).then(() => doom(theCompany(), doomed));
    for (const [index, one] of doomed.entries())
      runs.set(
        one,
        together.then((all) => result(all[index])),
      );
    for (const run of runs.values()) run.catch(() => undefined); // told by the test of the case
  }, caseTimeout);

  afterAll(async () => {
    await Promise.allSettled(runs.values());
    await company?.[Symbol.asyncDispose]();
  }, caseTimeout);

  test.each(played.map((one) => [one.name, one] as const))(
    '%s',
    async (_, one) => {
      const run = await runs.get(one);
      if (run === undefined) throw new Error('The case was not played');
      const observed = losesWorkers ? withoutRestarts(run.observed) : run.observed;
      expectRun(`${one.file}, execution ${run.id}`, observed, one.expectation.run);
    },
    caseTimeout,
  );

  test.each(refused.map((one) => [one.name, one] as const))('%s', async (_, one) => {
    const client = await theCompany().client();
    const answer = await client
      .registerPack({ body: uploadOf(tour.refusedFiles(one)) })
      .catch((error: unknown) => error);
    expect(answer).toBeInstanceOf(AttuneError);
    const told = (answer as AttuneError).details.map(
      ({ line = 0, column = 0, message }) => `${line}:${column} ${message}`,
    );
    for (const expected of one.expectation.problems ?? []) {
      const [place = '', ...words] = expected.split(' ');
      expect(told, one.file).toContainEqual(expect.stringMatching(new RegExp(`^${place} .*`)));
      expect(told.find((text) => text.startsWith(`${place} `))).toContain(words.join(' '));
    }
  });

  test('no process has logged an error', async () => {
    await Promise.allSettled(runs.values());
    await disturbance;
    expect(theCompany().loggedErrors()).toEqual([]);
  });

  test(
    'no attempt of an action ran twice',
    async () => {
      await Promise.allSettled(runs.values());
      await disturbance;
      const twice = [...theCompany().director.asked].filter(([, times]) => times > 1);
      expect(twice).toEqual([]);
    },
    caseTimeout,
  );
}

async function play(company: Company, one: Case): Promise<{ id: Id; observed: ObservedRun }> {
  const { ref, expectation } = one;
  const client = await company.client();
  const { data } = await client.createExecution({ body: { action_ref: ref, parameters: expectation.parameters } });
  company.director.direct(data.id, expectation, heldBy(expectation.meanwhile));
  const [observed] = await Promise.all([
    observeRun(company, data.id),
    control(company, data.id, expectation.meanwhile),
  ]);
  return { id: data.id, observed };
}

/** Whether another attempt, or another moment, would make another run of it. */
const dependsOnAttempts = (tour: Tour, { ref, expectation }: Case): boolean =>
  expectation.meanwhile.length > 0 ||
  Object.values(expectation.actions).some(({ outcome }) => outcome === 'abandoned') ||
  [...tour.files].some(
    ([path, { content }]) => path.endsWith(`/${ref.slice('tour.'.length)}.yaml`) && text(content).includes('retry:'),
  );

const text = (content: Uint8Array): string => new TextDecoder().decode(content);

/** The same pack with actions that may be started again if their worker is lost. */
const restartable = (files: PackFiles): PackFiles =>
  new Map(
    [...files].map(([path, file]) => {
      const source = text(file.content);
      const isProgram = path.startsWith('actions/') && source.includes('\nentry_point:');
      const content = new TextEncoder().encode(`${source}on_worker_lost: restart\n`);
      return [path, isProgram ? { ...file, content } : file] as const;
    }),
  );

/** Plays cases in which a worker is lost: once all the attempts that are to lose theirs are under way. */
async function doom(company: Company, cases: readonly Case[]): Promise<PromiseSettledResult<Played>[]> {
  if (cases.length === 0) return []; // nobody would wait for workers that start anew, and the company may be gone by then
  const runs = Promise.allSettled(cases.map((one) => play(company, one)));
  await until(
    'every attempt that is to lose its worker is under way',
    () => company.director.doomed.size >= cases.length,
  );
  await company.loseWorkers();
  return runs;
}

interface Played {
  id: Id;
  observed: ObservedRun;
}

function result(settled: PromiseSettledResult<Played> | undefined): Played {
  if (settled?.status === 'fulfilled') return settled.value;
  throw settled?.reason instanceof Error ? settled.reason : new Error('The case was not played');
}
