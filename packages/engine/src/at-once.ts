import type { JsonObject } from '@attune/core';
import type { LogPiece, Tx } from '@attune/db';
import type { Outcome } from './outcome.ts';
import { resultHash, sealedResult } from './outputs.ts';

/** An action that only computes is run inside the transaction that takes its execution from the queue or creates it: the row is written
 *  once, with its end. It needs no lease, for a transaction that fails leaves nothing, and what only computes may be computed again. */
export type RunAtOnce = (execution: Runnable) => RanAtOnce | undefined;

/** What running an action at once needs of its execution. */
export interface Runnable {
  action_ref: string;
  /** As the row has them: what is secret is sealed. */
  config: JsonObject | null;
  definition: JsonObject;
}

/** How an action ended that was run at once. It emits no events and asks nobody. */
export interface RanAtOnce {
  outcome: Outcome;
  /** What it said. */
  log: readonly LogPiece[];
}

/** An end as a row has it. */
export interface EndAtOnce {
  status: 'completed' | 'failed';
  result: JsonObject;
  result_hash: string;
}

export async function endAtOnce(tx: Tx, revision: string | null, { outcome }: RanAtOnce): Promise<EndAtOnce> {
  const result = await sealedResult(tx, revision, outcome.result);
  return { status: outcome.kind === 'succeeded' ? 'completed' : 'failed', result, result_hash: resultHash(result) };
}
