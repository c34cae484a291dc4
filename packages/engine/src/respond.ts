import {
  describe,
  escapeMarkers,
  fillDefaults,
  isJsonObject,
  sealSecrets,
  secretPaths,
  validate,
  type FlatSchema,
  type Id,
  type Json,
  type JsonObject,
  type Problem,
} from '@attune/core';
import { breakPoint, executionQueue, inquiries, type Database, type Inquiry } from '@attune/db';
import { advance } from './advance.ts';
import { lockRunFirst } from './lock-run.ts';
import { resultHash } from './outputs.ts';
import { inTransaction } from './transaction.ts';

export interface Response {
  inquiry: Id;
  response: Json;
  /** The identity that answers. Whether it may is the caller's to know. */
  by: Id;
}

export type RespondAnswer =
  | { kind: 'responded' }
  | { kind: 'not_found' }
  /** Somebody was faster, its deadline has passed, or what asked was cancelled. */
  | { kind: 'not_pending'; inquiry: Inquiry }
  /** The answer does not fit the response schema; the inquiry stays pending. Pointers begin at `/response`. */
  | { kind: 'invalid'; problems: Problem[] };

/** Answers an inquiry: the execution that asked completes with the answer, and its workflow goes on. Of several answers the first
 *  counts. */
export function respond(db: Database, { inquiry: id, response, by }: Response): Promise<RespondAnswer> {
  return inTransaction(db, async (tx) => {
    const asked = await inquiries.find(tx, id);
    if (asked === undefined) return { kind: 'not_found' };
    if (asked.status !== 'pending') return { kind: 'not_pending', inquiry: asked };
    const { value, problems } = fitted(asked.response_schema as FlatSchema | null, response);
    if (problems.length > 0) return { kind: 'invalid', problems };

    await lockRunFirst(tx, asked.execution);
    await executionQueue.lock(tx, asked.execution);
    const secrets = secretPaths(asked.response_schema as FlatSchema | null);
    const sealed = sealSecrets(escapeMarkers(value), secrets, tx.vault);
    const answered = await inquiries.respond(tx, id, sealed, by);
    if (answered === undefined) return { kind: 'not_pending', inquiry: (await inquiries.find(tx, id)) ?? asked };
    breakPoint('inquiry.answered');
    const result = resultOf(answered);
    const ending = { move: 'succeed' as const, result, result_hash: resultHash(result), timed_out: false };
    const ended = await executionQueue.end(tx, asked.execution, ending, null);
    if (ended !== undefined) await advance(tx, { kind: 'ended', execution: ended });
    return { kind: 'responded' };
  });
}

/** The answer with the defaults of its schema, and what does not fit. */
function fitted(schema: FlatSchema | null, response: Json): { value: Json; problems: Problem[] } {
  if (schema === null) return { value: response, problems: [] };
  if (!isJsonObject(response)) {
    const message = `The response must be an object with the fields of the response schema, not ${describe(response)}`;
    return { value: response, problems: [{ message, pointer: '/response' }] };
  }
  const value = fillDefaults(schema, response);
  const problems = validate(schema, value).map((problem) => ({
    ...problem,
    pointer: `/response${problem.pointer ?? ''}`,
  }));
  return { value, problems };
}

/** What an execution has come to whose question was answered. */
const resultOf = ({ id, response, action_result }: Inquiry): JsonObject =>
  action_result === null ? { response } : { ...action_result, response, __inquiry_id: id };
