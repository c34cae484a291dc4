import { AttuneError, type Flow, type Id, type JsonObject, type Problem } from '@attune/core';
import { executionQueue, executionRequests, type ActionRow, type NewExecution, type Tx } from '@attune/db';
import { advance } from './advance.ts';
import { actionsOf, rowsFor } from './create.ts';

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

/** Requests whose rows are made while the database stores those before them. */
const portion = 500;

/** Requests executions outside any workflow, in a statement for each five hundred; those of workflows, and questions to people, begin
 *  afterwards.
 *  @returns in the order given, the id of each, or why that one is refused: nothing of it is stored, and the others are not touched. */
export async function requestExecutions(tx: Tx, requests: readonly ExecutionRequest[]): Promise<(Id | AttuneError)[]> {
  const known = requests.length > portion ? await actionsOf(tx, requests) : undefined;
  const answers: (Id | AttuneError)[] = [];
  const beginning: { place: number; row: NewExecution }[] = [];
  let stored = Promise.resolve();
  for (let from = 0; from < requests.length; from += portion) {
    const rows = await executionRows(tx, requests.slice(from, from + portion), known);
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
