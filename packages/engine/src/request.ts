import { AttuneError, type Flow, type Id, type JsonObject, type Problem } from '@attune/core';
import { executionQueue, executionRequests, type NewExecution, type Tx } from '@attune/db';
import { advance } from './advance.ts';
import { rowsFor } from './create.ts';

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

/** Requests executions outside any workflow, in as many statements for a thousand as for one; those of workflows, and questions to
 *  people, begin afterwards.
 *  @returns in the order given, the id of each, or why that one is refused: nothing of it is stored, and the others are not touched. */
export async function requestExecutions(tx: Tx, requests: readonly ExecutionRequest[]): Promise<(Id | AttuneError)[]> {
  const rows = await executionRows(tx, requests);
  const answers: (Id | AttuneError | undefined)[] = rows.map((row) => refusedRow(row));
  const accepted = [...rows.keys()].filter((place) => answers[place] === undefined);
  const ids = await insertRows(
    tx,
    accepted.flatMap((place) => rows[place] ?? []),
  );
  for (const [index, place] of accepted.entries()) answers[place] = ids[index];
  return answers.map((answer) => {
    if (answer === undefined) throw new Error('Each execution that was requested was to have an id');
    return answer;
  });
}

/** The rows that requests become, in their order. */
export const executionRows = (tx: Tx, requests: readonly ExecutionRequest[]): Promise<readonly NewExecution[]> =>
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

/** Inserts rows and begins what needs no worker.
 *  @returns their ids in the order given */
async function insertRows(tx: Tx, rows: readonly NewExecution[]): Promise<Id[]> {
  const waiting = await executionRequests.insertRequests(tx, rows.filter(waitsForWorker));
  const others = await executionQueue.insertMany(
    tx,
    rows.filter((row) => !waitsForWorker(row)),
  );
  for (const execution of others) {
    if (execution.status === 'running') await advance(tx, { kind: 'begun', execution });
  }
  const [inTurn, othersInTurn] = [waiting.values(), others.values()];
  return rows.flatMap((row) =>
    waitsForWorker(row) ? (inTurn.next().value ?? []) : (othersInTurn.next().value?.id ?? []),
  );
}
