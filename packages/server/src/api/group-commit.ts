import type { AttuneError } from '@attune/core';
import type { Database } from '@attune/db';
import { isPassing } from '@attune/engine';
import { Gathering, type GatheringOptions } from './gathering.ts';

export interface GroupCommitOptions<R, A> extends Pick<GatheringOptions<R, A>, 'sizeOf' | 'nameOf'> {
  /** Carries out requests in one transaction and answers them in their order; an error in a place refuses that request alone. */
  carryOut: (db: Database, requests: readonly R[]) => Promise<readonly (A | AttuneError)[]>;
}

/** Commits requests that come at about the same time in one transaction; each is answered after the commit it was part of. Where a
 *  transaction fails for the sake of one of them, they are tried again in halves until that one is alone. */
export const groupCommit = <R, A>(db: Database, { carryOut, ...options }: GroupCommitOptions<R, A>): Gathering<R, A> =>
  new Gathering<R, A>({ ...options, answer: (requests) => commit(db, carryOut, requests) });

async function commit<R, A>(
  db: Database,
  carryOut: GroupCommitOptions<R, A>['carryOut'],
  requests: readonly R[],
): Promise<readonly (A | Error)[]> {
  try {
    return await carryOut(db, requests);
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error));
    // without an answer to the commit nobody knows whether it was done: to try again might do it twice
    if (requests.length === 1 || isPassing(failure)) return requests.map(() => failure);
    const middle = Math.ceil(requests.length / 2);
    return [
      ...(await commit(db, carryOut, requests.slice(0, middle))),
      ...(await commit(db, carryOut, requests.slice(middle))),
    ];
  }
}
