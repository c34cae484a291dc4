import { AttuneError, openSecrets, pointerKeys, sealedIn, type JsonObject } from '@attune/core';
import { enforcements, revisions, type Database, type Tx } from '@attune/db';
import { requestExecution } from './request.ts';
import { inTransaction } from './transaction.ts';

const batchSize = 50;

/** Turns the oldest created enforcements into executions, each marked in the same transaction. An enforcement whose action is
 *  gone or whose parameters do not fit becomes `failed` and says why.
 *  @returns how many were taken; 0 when none waits. */
export async function enact(db: Database): Promise<number> {
  try {
    return await inTransaction(db, (tx) => enactBatch(tx, batchSize));
  } catch {
    return await enactOne(db);
  }
}

async function enactBatch(tx: Tx, limit: number): Promise<number> {
  const pending = await enforcements.lockCreated(tx, limit);
  for (const enforcement of pending) {
    const refusal = await enactEnforcement(tx, enforcement);
    await enforcements.resolve(tx, enforcement.id, refusal === undefined ? 'processed' : 'failed', refusal ?? null);
  }
  return pending.length;
}

/** After a batch failed: one alone, so that one bad row harms only itself. */
async function enactOne(db: Database): Promise<number> {
  let poison: string | undefined;
  try {
    return await inTransaction(db, async (tx) => {
      const [enforcement] = await enforcements.lockCreated(tx, 1);
      if (enforcement === undefined) return 0;
      poison = enforcement.id;
      const refusal = await enactEnforcement(tx, enforcement);
      await enforcements.resolve(tx, enforcement.id, refusal === undefined ? 'processed' : 'failed', refusal ?? null);
      return 1;
    });
  } catch (error) {
    if (poison === undefined) throw error;
    const message = error instanceof Error ? error.message : String(error);
    await enforcements.resolve(db, poison, 'failed', { kind: 'internal', message });
    return 1;
  }
}

async function enactEnforcement(tx: Tx, enforcement: enforcements.PendingEnforcement): Promise<JsonObject | undefined> {
  const rule = await revisions.find(tx, enforcement.revision);
  const actionRef = rule?.definition['action_ref'];
  if (typeof actionRef !== 'string') {
    return {
      kind: 'rule_gone',
      message: `Revision ${enforcement.revision} of rule '${enforcement.rule_ref}' is not kept`,
    };
  }
  try {
    await requestExecution(tx, {
      action_ref: actionRef,
      parameters: openSecrets(enforcement.config ?? {}, tx.vault),
      secrets: sealedIn(enforcement.config ?? {}).map((pointer) => ({
        ...{ pointer, path: pointerKeys(pointer) },
        source: `what rule '${enforcement.rule_ref}' gives`,
      })),
      executor: null,
      enforcement: enforcement.id,
      cause: enforcement.event,
    });
    return undefined;
  } catch (error) {
    // refused before anything was written, so the transaction is whole
    if (!(error instanceof AttuneError)) throw error;
    return { kind: error.code, message: error.message, details: error.details as unknown as JsonObject[] };
  }
}
