import type { Flow, Id, JsonObject } from '@attune/core';
import type { EngineExecution, Tx } from '@attune/db';
import { advance } from './advance.ts';
import { actionsOf, assertStartable, create } from './create.ts';

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
export async function requestExecution(tx: Tx, request: ExecutionRequest): Promise<EngineExecution> {
  const known = await actionsOf(tx, [request]);
  assertStartable(known.get(request.action_ref), request.action_ref, request.parameters);
  const [execution] = await create(tx, [
    {
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
    },
  ]);
  if (execution === undefined) throw new Error('One execution was to be created');
  if (execution.runtime === null) await advance(tx, { kind: 'begun', execution });
  return execution;
}
