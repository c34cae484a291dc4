import { AttuneError, openSecrets, type Id, type JsonObject } from '@attune/core';
import { breakPoint, enforcements, revisions, type Database, type Tx } from '@attune/db';
import { inHalves } from './in-halves.ts';
import { flowsOfSealed, refusalRecord, unexpected } from './refusal-record.ts';
import { requestExecutions, type ExecutionRequest } from './request.ts';
import { inTransaction } from './transaction.ts';

const batchSize = 200;

/** Turns the oldest created enforcements into executions, each marked in the same transaction. An enforcement whose action is
 *  gone or whose parameters do not fit becomes `failed` and says why. Matching has made most executions already: what comes here are
 *  those of workflows and of questions to people, which begin at once, and enforcements of an older release.
 *  @returns how many were taken; 0 when none waits. */
export function enact(db: Database): Promise<number> {
  let first: string | undefined;
  const take = (limit: number): Promise<number> =>
    inTransaction(db, async (tx) => {
      first = undefined;
      const pending = await enforcements.lockCreated(tx, limit);
      breakPoint('enact.locked');
      first = pending[0]?.id;
      await enactAll(tx, pending);
      return pending.length;
    });
  return inHalves(batchSize, take, async (error) => {
    if (first === undefined) throw error;
    await enforcements.resolveMany(db, [{ id: first, status: 'failed', error: unexpected(error) }]);
    return 1;
  });
}

async function enactAll(tx: Tx, pending: readonly enforcements.PendingEnforcement[]): Promise<void> {
  if (pending.length === 0) return;
  const rows = await revisions.findMany(
    tx,
    pending.map(({ revision }) => revision),
  );
  const actionOf = new Map(rows.map(({ hash, definition }) => [hash, definition['action_ref']]));
  const asked = pending.map((enforcement) => requestOf(tx, enforcement, actionOf.get(enforcement.revision)));
  const answers = await requestExecutions(
    tx,
    asked.flatMap(({ request }) => request ?? []),
  );
  breakPoint('enact.requested');
  const inTurn = answers.values();
  await enforcements.resolveMany(
    tx,
    pending.map(({ id }, index) => {
      const error = asked[index]?.error ?? errorOf(inTurn.next().value);
      return { id, status: error === null ? 'processed' : 'failed', error };
    }),
  );
}

const errorOf = (answer: Id | AttuneError | undefined): JsonObject | null =>
  answer instanceof AttuneError ? refusalRecord(answer) : null;

type Asked = { request: ExecutionRequest; error?: undefined } | { request?: undefined; error: JsonObject };

function requestOf(tx: Tx, enforcement: enforcements.PendingEnforcement, actionRef: unknown): Asked {
  const { id, event, revision, rule_ref } = enforcement;
  if (typeof actionRef !== 'string') {
    return { error: { kind: 'rule_gone', message: `Revision ${revision} of rule '${rule_ref}' is not kept` } };
  }
  const config = enforcement.config ?? {};
  try {
    const parameters = openSecrets(config, tx.vault);
    const secrets = flowsOfSealed(config, rule_ref);
    return { request: { action_ref: actionRef, parameters, secrets, executor: null, enforcement: id, cause: event } };
  } catch (error) {
    if (!(error instanceof AttuneError)) throw error;
    return { error: refusalRecord(error) };
  }
}
