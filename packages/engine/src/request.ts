import { AttuneError, builtinRuntime, type Flow, type Id, type JsonObject, type Problem } from '@attune/core';
import {
  executionQueue,
  executionRequests,
  type ActionRow,
  type Database,
  type NewExecution,
  type Topic,
  type Tx,
} from '@attune/db';
import { advance } from './advance.ts';
import { actionsOf, rowsFor } from './create.ts';
import { knownActions, outdated, type KnownActions } from './known-actions.ts';
import { inTransaction } from './transaction.ts';

export interface ExecutionRequest {
  action_ref: string;
  parameters: JsonObject;
  /** Where secrets stand in the parameters, for those of a rule; what somebody sends is theirs to send. @default none */
  secrets?: readonly Flow[];
  /** The identity it runs for. */
  executor: Id | null;
  enforcement?: Id | null;
  /** The event that led here. */
  cause?: Id | null;
}

/** Requests one execution outside any workflow; that of a workflow, and a question to a person, begins at once.
 *  @throws AttuneError unknown_ref, or invalid_input with the JSON pointer of each wrong parameter; nothing is stored then. */
export async function requestExecution(tx: Tx, request: ExecutionRequest): Promise<{ id: Id }> {
  const [answer] = await requestExecutions(tx, [request]);
  if (answer instanceof AttuneError) throw answer;
  if (answer === undefined) throw new Error('One execution was to be requested');
  return { id: answer };
}

/** Requests executions in a transaction of their own, in one wait where all of them wait for a worker and their actions are known to this
 *  process. What is refused is refused for what is registered now, not for what was known.
 *  @param approve sees the answers, and for whom to ring then, before the commit; what it throws undoes all
 *  @returns what it makes of the answers, which are those of {@link requestExecutions} */
export async function requestApart<A>(
  db: Database,
  requests: readonly ExecutionRequest[],
  approve: (answers: (Id | AttuneError)[], topics: readonly Topic[]) => A,
): Promise<A> {
  const stored = await storeApart(db, requests);
  if (stored !== undefined) return approve(stored.ids, stored.topics);
  return inTransaction(db, async (tx) => approve(await requestExecutions(tx, requests), ['execution']));
}

/** What was stored, and whom it waits for. */
interface Stored {
  ids: Id[];
  topics: readonly Topic[];
}

/** The workers that take such rows. */
const topicsOf = (rows: readonly NewExecution[]): Topic[] => [
  ...new Set(rows.map(({ runtime }) => (runtime === builtinRuntime ? 'builtin' : 'process'))),
];

async function storeApart(db: Database, requests: readonly ExecutionRequest[]): Promise<Stored | undefined> {
  const known = await knownActions(db, requests);
  if (requests.length <= portion) return storeKnown(db, requests, known);
  try {
    const { stored } = await db.transaction((tx) => storeInPortions(tx, requests, known));
    return { ids: (await stored).flat(), topics: ['execution'] };
  } catch (error) {
    if (error instanceof NotAsKnown) return undefined;
    throw error;
  }
}

/** Something else is to be done than storing what was asked for, or the actions are others by now. */
class NotAsKnown extends Error {}

/** Stores requests that wait for a worker in one statement, by what is known of their actions.
 *  @returns undefined where some do not wait for one, or where the actions are others by now: nothing is stored then. */
async function storeKnown(
  tx: Tx,
  requests: readonly ExecutionRequest[],
  known: KnownActions,
): Promise<Stored | undefined> {
  const rows = await waitingRows(tx, requests, known);
  if (rows === undefined || rows.length === 0) return rows && { ids: [], topics: [] };
  const ids = await executionRequests.insertRequests(tx, rows, known.registry);
  if (ids.length > 0) return { ids, topics: topicsOf(rows) };
  outdated(known);
  return undefined;
}

/** The rows of requests, by what is known of their actions; undefined where not all of them wait for a worker. */
async function waitingRows(
  tx: Tx,
  requests: readonly ExecutionRequest[],
  { byRef }: KnownActions,
): Promise<readonly NewExecution[] | undefined> {
  if (!requests.every(({ action_ref }) => byRef.has(action_ref))) return undefined;
  const rows = await executionRows(tx, requests, byRef);
  return rows.every(waitsForWorker) ? rows : undefined;
}

/** Requests whose rows are made while the database stores those before them. */
const portion = 250;

/** The same in several statements, of which none waits for the one before it, and the last ones' answers come with the commit's.
 *  @throws NotAsKnown */
async function storeInPortions(
  tx: Tx,
  requests: readonly ExecutionRequest[],
  known: KnownActions,
): Promise<{ stored: Promise<Id[][]> }> {
  const portions: Promise<Id[]>[] = [];
  for (let from = 0; from < requests.length; from += portion) {
    const rows = await waitingRows(tx, requests.slice(from, from + portion), known);
    if (rows === undefined) throw new NotAsKnown();
    const storing = executionRequests.insertRequests(tx, rows, from === 0 ? known.registry : undefined);
    storing.catch(() => undefined); // told by all of them together
    portions.push(storing);
    if (from + portion < requests.length) await handedOver();
  }
  if ((await portions[0])?.length === 0) {
    outdated(known);
    throw new NotAsKnown();
  }
  const stored = Promise.all(portions);
  tx.along(stored);
  return { stored };
}

/** Requests executions outside any workflow, in a statement for each few hundred; those of workflows, and questions to people, begin
 *  afterwards.
 *  @param known what is known of their actions; where it is out of date it is looked up here
 *  @returns in the order given, the id of each, or why that one is refused: nothing of it is stored, and the others are not touched. */
export async function requestExecutions(
  tx: Tx,
  requests: readonly ExecutionRequest[],
  known?: KnownActions,
): Promise<(Id | AttuneError)[]> {
  const stored = known && requests.length <= portion ? await storeKnown(tx, requests, known) : undefined;
  return stored?.ids ?? requestAfresh(tx, requests);
}

async function requestAfresh(tx: Tx, requests: readonly ExecutionRequest[]): Promise<(Id | AttuneError)[]> {
  const registered = requests.length > portion ? await actionsOf(tx, requests) : undefined;
  const answers: (Id | AttuneError)[] = [];
  const beginning: { place: number; row: NewExecution }[] = [];
  let stored = Promise.resolve();
  for (let from = 0; from < requests.length; from += portion) {
    const rows = await executionRows(tx, requests.slice(from, from + portion), registered);
    const waiting: { place: number; row: NewExecution }[] = [];
    for (const [index, row] of rows.entries()) {
      const refusal = refusedRow(row);
      if (refusal !== undefined) answers[from + index] = refusal;
      else (waitsForWorker(row) ? waiting : beginning).push({ place: from + index, row });
    }
    await stored;
    stored = store(tx, waiting, answers);
    stored.catch(() => undefined); // whoever waits for it hears of it
    if (from + portion < requests.length) await handedOver();
  }
  await stored;
  await begin(tx, beginning, answers);
  return answers;
}

async function store(
  tx: Tx,
  waiting: readonly { place: number; row: NewExecution }[],
  answers: (Id | AttuneError)[],
): Promise<void> {
  const ids = await executionRequests.insertRequests(
    tx,
    waiting.map(({ row }) => row),
  );
  for (const [index, { place }] of waiting.entries()) answers[place] = idAt(ids, index);
}

/** Inserts what needs no worker, and begins it. */
async function begin(
  tx: Tx,
  beginning: readonly { place: number; row: NewExecution }[],
  answers: (Id | AttuneError)[],
): Promise<void> {
  const executions = await executionQueue.insertMany(
    tx,
    beginning.map(({ row }) => row),
  );
  for (const [index, { place }] of beginning.entries()) {
    const execution = executions[index];
    answers[place] = idAt(
      executions.map(({ id }) => id),
      index,
    );
    if (execution?.status === 'running') await advance(tx, { kind: 'begun', execution });
  }
}

function idAt(ids: readonly Id[], index: number): Id {
  const id = ids[index];
  if (id === undefined) throw new Error('Each execution that was requested was to have an id');
  return id;
}

/** A statement goes to the database with the next turn of the event loop, not before. */
const handedOver = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The rows that requests become, in their order.
 *  @param known their actions by ref, where they were looked up already */
export const executionRows = (
  tx: Tx,
  requests: readonly ExecutionRequest[],
  known?: ReadonlyMap<string, ActionRow>,
): Promise<readonly NewExecution[]> =>
  rowsFor(
    tx,
    requests.map((request) => ({
      action_ref: request.action_ref,
      parameters: request.parameters,
      secrets: request.secrets ?? [],
      inherits: false,
      parent: null,
      enforcement: request.enforcement ?? null,
      executor: request.executor,
      cause: request.cause ?? null,
      workflow_task: null,
      delay_seconds: 0,
      timeout_seconds: null,
      error: null,
    })),
    known === undefined ? {} : { actions: requests.map(({ action_ref }) => known.get(action_ref)) },
  );

/** Why a row is not to be stored: whoever asked can still be told. One that would show a secret is stored, as `failed`. */
export function refusedRow({ status, result, action_ref }: NewExecution): AttuneError | undefined {
  if (status !== 'failed') return undefined;
  const error = (result as JsonObject)['error'] as JsonObject;
  switch (error['kind']) {
    case 'action_gone':
      return new AttuneError('unknown_ref', `There is no action '${action_ref}'`, {
        details: [
          {
            message: "expected the ref of a registered action, as listed by 'attune action list'",
            pointer: '/action_ref',
          },
        ],
      });
    case 'invalid_input': {
      const details = (error['details'] as unknown as Problem[]).map((problem) => ({
        ...problem,
        pointer: `/parameters${problem.pointer ?? ''}`,
      }));
      return new AttuneError('invalid_input', error['message'] as string, { details });
    }
    default:
      return undefined;
  }
}

/** Whether a row is an execution that a worker will take: nothing else is to be done about it. */
export const waitsForWorker = ({ status }: NewExecution): boolean => status === 'scheduled';
