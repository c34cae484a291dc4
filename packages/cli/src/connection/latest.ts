import type { AttuneClient } from '@attune/client';
import { AttuneError, type Id } from '@attune/core';

/** What an id is written as when the newest is meant. */
const latest = 'latest';

/** How an id is described in the help of a command. */
export const idHelp = "its id, or 'latest'";

/** The id of an execution; `latest` is the newest that no other execution started. */
export async function executionId(client: AttuneClient, id: string): Promise<Id> {
  if (id !== latest) return checkedId(id);
  const { data } = await client.listExecutions({ query: { top_level: true, limit: 1 } });
  return idOfNewest('execution', data);
}

/** The same, but `latest` is the newest run of a workflow, where there is one among the newest hundred: it is what has a tree. */
export async function workflowRunId(client: AttuneClient, id: string): Promise<Id> {
  if (id !== latest) return checkedId(id);
  const { data } = await client.listExecutions({ query: { top_level: true, limit: 100 } });
  const run = data.find((execution) => execution.workflow_execution !== null);
  return run?.id ?? idOfNewest('execution', data);
}

export async function eventId(client: AttuneClient, id: string): Promise<Id> {
  if (id !== latest) return checkedId(id);
  return idOfNewest('event', (await client.listEvents({ query: { limit: 1 } })).data);
}

export async function enforcementId(client: AttuneClient, id: string): Promise<Id> {
  if (id !== latest) return checkedId(id);
  return idOfNewest('enforcement', (await client.listEnforcements({ query: { limit: 1 } })).data);
}

export async function inquiryId(client: AttuneClient, id: string): Promise<Id> {
  if (id !== latest) return checkedId(id);
  return idOfNewest('inquiry', (await client.listInquiries({ query: { limit: 1 } })).data);
}

function checkedId(id: string): Id {
  if (/^\d{1,19}$/.test(id)) return id;
  throw new AttuneError('bad_request', `'${id}' is not an id; expected digits, or '${latest}'`);
}

function idOfNewest(noun: string, rows: readonly { id: Id }[]): Id {
  const [newest] = rows;
  if (newest === undefined) throw new AttuneError('not_found', `There is no ${noun} yet`);
  return newest.id;
}
