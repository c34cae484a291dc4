import type { AttuneClient } from '@attune/client';
import {
  AttuneError,
  suggestion,
  type Instant,
  type JsonObject,
  type KnownActions,
  type PackSettings,
  type RecordedRun,
} from '@attune/core';
import { connect } from '../connection/api.ts';
import { workflowRunId } from '../connection/latest.ts';
import type { Run } from '../run.ts';
import { openPack } from './actions-of-folder.ts';
import { fetchActions } from './actions-of-server.ts';
import { fetchRecord, givenParameters } from './record-of-run.ts';

/** What is to be simulated. */
export interface Subject {
  ref: string;
  actions: KnownActions;
  settings: (pack_ref: string) => PackSettings;
  /** The earlier run that it follows. */
  recorded: Recorded | undefined;
}

export interface Recorded {
  execution: string;
  record: RecordedRun;
  /** Its own parameters; secret ones are not shown, only named. */
  parameters: { known: JsonObject; masked: string[] };
  workflow_start: Instant | null;
  /** The definition is the one that the run had. */
  isSameDefinition: boolean;
}

export interface SubjectOptions {
  /** Folder of a pack; undefined: the server's packs. */
  dir: string | undefined;
  /** Folders of packs that this one refers to. */
  packs: readonly string[];
  fromExecution: string | undefined;
}

/** Finds the workflow and all that it refers to: in a pack's folder, without a server, or as the server has it. Of an earlier run without a
 *  ref: with the very definitions that the run had.
 *  @throws AttuneError where something of it is missing */
export async function findSubject(run: Run, ref: string | undefined, options: SubjectOptions): Promise<Subject> {
  const { dir, packs, fromExecution } = options;
  if (ref === undefined && dir === undefined && fromExecution === undefined) {
    throw new AttuneError(
      'bad_request',
      'Expected the ref of a workflow, --dir FOLDER of a pack with one, or --from-execution ID',
    );
  }
  if (dir !== undefined && fromExecution === undefined)
    return { ...(await inFolder(run, dir, packs, ref)), recorded: undefined };

  const { client } = await connect(run);
  if (fromExecution === undefined) return { ...(await onServer(client, ref ?? '')), recorded: undefined };
  const id = await workflowRunId(client, fromExecution);
  const { data: execution } = await client.getExecution({ path: { id } });
  if (execution.workflow_execution === null) {
    throw new AttuneError(
      'bad_request',
      `Execution ${id} is one of the action ${execution.action_ref}, not of a workflow`,
    );
  }
  const { record, revisions } = await fetchRecord(client, id, execution.started_at ?? execution.created);
  const isAsItWas = ref === undefined && dir === undefined && execution.revision !== null;
  if (isAsItWas && execution.revision !== null) revisions.set(execution.action_ref, execution.revision);
  const subject =
    dir === undefined
      ? await onServer(client, ref ?? execution.action_ref, isAsItWas ? revisions : undefined)
      : await inFolder(run, dir, packs, ref ?? execution.action_ref);
  return {
    ...subject,
    recorded: {
      execution: id,
      record,
      parameters: givenParameters(execution.config),
      workflow_start: execution.started_at,
      isSameDefinition: isAsItWas,
    },
  };
}

const onServer = async (
  client: AttuneClient,
  ref: string,
  revisions?: ReadonlyMap<string, string>,
): Promise<Omit<Subject, 'recorded'>> => ({ ref, ...(await fetchActions(client, ref, revisions)) });

async function inFolder(
  run: Run,
  dir: string,
  packs: readonly string[],
  ref: string | undefined,
): Promise<Omit<Subject, 'recorded'>> {
  const { actions, settings, workflows } = await openPack(run.terminal, dir, packs);
  const [only, ...others] = workflows;
  const named = ref ?? (others.length === 0 ? only : undefined);
  if (named === undefined || actions(named)?.workflow == null) {
    throw new AttuneError('unknown_ref', missingText(dir, ref, workflows));
  }
  return { ref: named, actions, settings };
}

function missingText(dir: string, ref: string | undefined, workflows: readonly string[]): string {
  if (workflows.length === 0) return `The pack in ${dir} has no workflow`;
  if (ref === undefined) return `The pack in ${dir} has several workflows, say which: ${workflows.join(', ')}`;
  return `The pack in ${dir} has no workflow '${ref}'.${suggestion(ref, workflows)} It has ${workflows.join(', ')}`;
}
