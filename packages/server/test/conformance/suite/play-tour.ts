import { AttuneError, type Id } from '@attune/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../../../../../testing/until.ts';
import { readTour, type Case } from './case.ts';
import { openCompany, uploadOf, type Cast, type Company } from './company.ts';
import { expectRun, type ObservedRun } from './observed.ts';
import { observeRun } from './observe.ts';

/** Milliseconds for one case: it waits for others that share the machine, and some wait for a worker to be lost. */
const caseTimeout = 180_000;

/** Registers the tour by the API, starts all its workflows at once, and holds each to what is expected of it.
 *  @param meanwhile what is done to the processes until all runs have ended. */
export function playTour(cast: Cast, meanwhile?: (company: Company, isOver: () => boolean) => Promise<void>): void {
  const tour = readTour();
  const refused = tour.cases.filter(({ expectation }) => expectation.problems !== undefined);
  const played = tour.cases.filter(({ expectation }) => expectation.problems === undefined);
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
    await client.registerPack({ body: uploadOf(tour.files) });
    const calm = played.filter((one) => !isDoomed(one));
    const calmRuns = calm.map((one) => play(theCompany(), one));
    for (const [index, run] of calmRuns.entries()) if (calm[index] !== undefined) runs.set(calm[index], run);
    let isOver = false;
    const rest = Promise.allSettled(calmRuns).then(() => (isOver = true));
    disturbance = meanwhile?.(company, () => isOver);
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
      expectRun(`${one.file}, execution ${run.id}`, run.observed, one.expectation.run);
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
  company.director.direct(data.id, expectation);
  return { id: data.id, observed: await observeRun(company, data.id) };
}

/** Plays cases in which a worker is lost: once all the attempts that are to lose theirs are under way. */
async function doom(company: Company, cases: readonly Case[]): Promise<PromiseSettledResult<Played>[]> {
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
