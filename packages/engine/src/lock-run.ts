import type { Id, JsonObject } from '@attune/core';
import { executionQueue, workflowExecutions, type LockedRun, type Tx } from '@attune/db';
import { keep, recall } from './kept.ts';

/** Several runs were to be advanced at once and somebody has one of them: waiting for it while holding others could be a knot. */
export class Busy extends Error {}

/** Locks a run.
 *  @param patient false: where somebody else has it, `Busy` is thrown instead of waiting for it
 *  @throws Error where there is none. */
export async function lockRun(tx: Tx, id: Id, patient = true): Promise<LockedRun> {
  const run = await workflowExecutions.lock(tx, id, patient);
  if (run !== undefined) return run;
  throw patient ? new Error(`Workflow execution ${id} does not exist`) : new Busy(`Run ${id} is locked`);
}

/** A run is locked before its tasks, in every deed: two of them cannot wait for each other.
 *  @returns the run that the execution is a task of; undefined where it is none, or one of an older system */
export const lockRunFirst = async (tx: Tx, execution: Id): Promise<LockedRun | undefined> =>
  (await workflowExecutions.lockOfTasks(tx, [execution], true))[0]?.run;

/** A run with what is read only where a decision is made: its variables, and the parameters of its execution. */
export type WholeRun = LockedRun & { variables: JsonObject };

/** Reads what was too large to be read with the row. It stays the same while many steps are taken, so it is kept. */
export async function wholeRun(tx: Tx, run: LockedRun): Promise<WholeRun> {
  const { id, owner, variables_step, lacks_parameters } = run;
  const variables =
    run.variables ?? (await kept(tx, variablesKey(id, variables_step), () => workflowExecutions.variablesOf(tx, id)));
  if (!lacks_parameters) return { ...run, variables };
  const config = await kept(tx, `config ${owner.id}`, async () => (await executionQueue.configOf(tx, owner.id)) ?? {});
  return { ...run, variables, owner: { ...owner, config }, lacks_parameters: false };
}

async function kept(tx: Tx, key: string, read: () => Promise<JsonObject>): Promise<JsonObject> {
  const known = recall(tx, key) as JsonObject | undefined;
  if (known !== undefined) return known;
  const value = await read();
  keep(tx, key, value);
  return value;
}

/** Variables that a step has changed are known already, when the next one needs them. */
export const keepVariables = (tx: Tx, { id, variables, variables_step }: WholeRun): void => {
  keep(tx, variablesKey(id, variables_step), variables, workflowExecutions.inlineBytes);
};

const variablesKey = (run: Id, step: number): string => `variables ${run} ${step}`;
