import type { AttuneClient, WorkflowStep } from '@attune/client';
import {
  isJsonObject,
  isMask,
  type Id,
  type Json,
  type JsonObject,
  type RecordedRun,
  type RecordedRunStep,
} from '@attune/core';
import { between } from '../output/duration.ts';

/** The record of a run, and the definitions its attempts ran with. */
export interface FetchedRecord {
  record: RecordedRun;
  /** By the ref of the action; of one that was registered anew meanwhile, the first. */
  revisions: Map<string, string>;
}

/** Most steps that one request asks for. */
const pageSize = 200;

/** Fetches what was recorded of a run, and of the runs nested in it.
 *  @param begun when the outermost run began */
export async function fetchRecord(client: AttuneClient, id: Id, begun: string): Promise<FetchedRecord> {
  const revisions = new Map<string, string>();
  const recordOf = async (execution: Id): Promise<RecordedRun> => {
    const rows = await allSteps(client, execution);
    const steps: RecordedRunStep[] = [];
    for (const row of rows) {
      const { action_ref, revision } = row;
      if (action_ref !== null && revision !== null && !revisions.has(action_ref)) revisions.set(action_ref, revision);
      const isEnd = isJsonObject(row.decision) && !('successor' in row.decision);
      const isNested = isEnd && row.workflow_execution !== null && row.execution !== null;
      steps.push({
        step: row.step,
        at_seconds: (between(begun, row.created) ?? 0) / 1_000,
        decision: row.decision as RecordedRunStep['decision'],
        result: row.result,
        run: isNested && row.execution !== null ? await recordOf(row.execution) : null,
      });
    }
    return { is_complete: steps.some(({ decision }) => 'outcome' in decision), steps };
  };
  return { record: await recordOf(id), revisions };
}

async function allSteps(client: AttuneClient, id: Id): Promise<WorkflowStep[]> {
  const rows: WorkflowStep[] = [];
  let cursor: string | undefined;
  do {
    const query = { limit: pageSize, ...(cursor === undefined ? {} : { cursor }) };
    const answer = await client.listWorkflowSteps({ path: { id }, query });
    rows.push(...answer.data);
    cursor = answer.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return rows;
}

/** The parameters that an execution was given; those that are masked cannot be known. */
export function givenParameters(config: Json): { known: JsonObject; masked: string[] } {
  const all: JsonObject = isJsonObject(config) ? config : {};
  const isMasked = (name: string): boolean => holdsMask(all[name]);
  const names = Object.keys(all);
  return {
    known: Object.fromEntries(names.filter((name) => !isMasked(name)).map((name) => [name, all[name] ?? null])),
    masked: names.filter(isMasked),
  };
}

function holdsMask(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.some(holdsMask);
  if (!isJsonObject(value)) return false;
  return isMask(value) || Object.values(value).some(holdsMask);
}
