import {
  AttuneError,
  buildGraph,
  openSecrets,
  splitTaskPath,
  suggestion,
  type Id,
  type JsonObject,
  type Rerun,
  type WorkflowDefinition,
} from '@attune/core';
import {
  executionQueue,
  reruns,
  revisions,
  workflowExecutions,
  type ActionRow,
  type EngineExecution,
  type Tx,
} from '@attune/db';
import { advance } from './advance.ts';
import { actionsOf, assertStartable, create } from './create.ts';
import { actionThen } from './reuse.ts';
import { standingsOf } from './standing.ts';

export interface RerunRequest {
  execution: Id;
  /** `failed`: begin with what failed. Default: everything runs anew, unless `from` says where to begin. */
  mode: Rerun['mode'];
  /** The task to begin with: `task` or, inside of nested workflows, `outer.inner`. Null unless the mode is `from`. */
  from: string | null;
  reset_items: boolean;
  /** Use the newest definitions instead of those it ran with. */
  latest: boolean;
  /** Parameters to change; the others stay as they were. */
  parameters: JsonObject;
  /** The identity it runs for. */
  executor: Id | null;
}

/** Runs an execution again that has ended: a new execution, which names it. Of a workflow everything runs anew, or what was recorded is
 *  taken over as far as it is before, or beside, what the re-run is to begin with.
 *  @throws AttuneError not_found; conflict where it has not ended; invalid_input where a parameter or the task to begin with is wrong;
 *  unknown_ref where the action is gone. Nothing is stored then. */
export async function rerunExecution(tx: Tx, request: RerunRequest): Promise<EngineExecution> {
  const source = await executionQueue.find(tx, request.execution);
  if (source === undefined) throw new AttuneError('not_found', `There is no execution '${request.execution}'`);
  await refuseUnlessEnded(tx, source);
  const action = await actionFor(tx, source, request.latest);
  const from = request.mode === 'from' ? await pathTo(tx, request.from ?? '', source, action, request.latest) : null;
  if (request.mode !== 'whole') refuseUnlessWorkflow(action, request.mode);
  const parameters = { ...openSecrets(source.config ?? {}, tx.vault), ...request.parameters };
  assertStartable(action, source.action_ref, parameters);
  const { mode, reset_items, latest } = request;
  const rerun: Rerun = { mode, from, reset_items, latest, source: null };
  const [execution] = await create(
    tx,
    [
      {
        ...{ action_ref: source.action_ref, parameters, secrets: [], inherits: false, parent: null, enforcement: null },
        ...{ executor: request.executor, cause: null, workflow_task: null, delay_seconds: 0, error: null },
        timeout_seconds: null,
      },
    ],
    {
      actions: [action],
      settle: (rows) =>
        Promise.resolve(rows.map((row) => ({ ...row, rerun_of: source.id, rerun: rerun as unknown as JsonObject }))),
    },
  );
  if (execution === undefined) throw new Error('One execution was to be created');
  if (execution.runtime === null) await advance(tx, { kind: 'begun', execution });
  return execution;
}

async function refuseUnlessEnded(tx: Tx, { id, status }: EngineExecution): Promise<void> {
  const standing = (await standingsOf(tx, [id])).get(id);
  if (standing?.reason !== 'ended') {
    const why = standing === undefined ? `it is ${status}` : standing.message;
    throw new AttuneError(
      'conflict',
      `Execution ${id} has not ended (${why}). Wait until it has: attune execution show ${id} --wait; or end it: attune execution cancel ${id}`,
    );
  }
  if (await executionQueue.hasLivingChild(tx, id)) {
    throw new AttuneError(
      'conflict',
      `Execution ${id} has ended, but something below it is still being stopped; try again when it is: attune execution tree ${id}`,
    );
  }
}

/** The action as the other execution ran it, or as it is registered now. */
async function actionFor(tx: Tx, source: EngineExecution, latest: boolean): Promise<ActionRow> {
  if (latest) {
    const found = (await actionsOf(tx, [source])).get(source.action_ref);
    if (found !== undefined) return found;
    throw new AttuneError('unknown_ref', `There is no action '${source.action_ref}' any more`, {
      details: [{ message: 'leave "latest" out, and it runs with the definition it ran with', pointer: '/latest' }],
    });
  }
  const revision = source.revision === null ? undefined : await revisions.find(tx, source.revision);
  const then = revision && actionThen(source, new Map([[revision.hash, revision.definition]]));
  if (then !== undefined) return then;
  throw new AttuneError(
    'conflict',
    `Execution ${source.id} names no definition, for it is of an older system, or its action was not known; run it with the one that is registered now: attune execution rerun ${source.id} --latest`,
  );
}

function refuseUnlessWorkflow(action: ActionRow, mode: Rerun['mode']): void {
  if (action.workflow_def !== null) return;
  throw new AttuneError('invalid_input', `'${action.ref}' is no workflow: it can only run again as a whole`, {
    details: [{ message: `leave "${mode}" out`, pointer: mode === 'from' ? '/from' : '/failed' }],
  });
}

const workflowIn = (definition: JsonObject): WorkflowDefinition | undefined =>
  definition['workflow'] as unknown as WorkflowDefinition | undefined;

/** The tasks that a path names, from the outermost workflow to the innermost. */
async function pathTo(
  tx: Tx,
  path: string,
  source: EngineExecution,
  action: ActionRow,
  latest: boolean,
): Promise<string[]> {
  const workflow = workflowIn(action.definition);
  if (workflow === undefined) {
    refuseUnlessWorkflow(action, 'from');
    return [];
  }
  const graph = buildGraph(workflow);
  const found = splitTaskPath(path, (name) => graph.tasks.has(name));
  if (found === undefined) {
    throw new AttuneError('invalid_input', `The workflow '${action.ref}' has no task '${path}'`, {
      details: [
        {
          message: `expected one of ${[...graph.tasks.keys()].join(', ')}${suggestion(path, graph.tasks.keys())}`,
          pointer: '/from',
        },
      ],
    });
  }
  const { name, rest } = found;
  if (rest === null) return [name];
  const nested = await nestedOf(tx, source, name, graph.tasks.get(name)?.definition.action ?? '', latest);
  if (nested === undefined || workflowIn(nested.action.definition) === undefined) {
    throw new AttuneError(
      'invalid_input',
      `The task '${name}' of '${action.ref}' runs no workflow, so it has no task '${rest}'`,
      {
        details: [{ message: `expected the name of the task alone: ${name}`, pointer: '/from' }],
      },
    );
  }
  return [name, ...(await pathTo(tx, rest, nested.execution ?? source, nested.action, latest))];
}

/** The action of a task that runs a nested workflow, as it ran, else as it is now. */
async function nestedOf(
  tx: Tx,
  source: EngineExecution,
  task: string,
  actionRef: string,
  latest: boolean,
): Promise<{ action: ActionRow; execution: EngineExecution | undefined } | undefined> {
  const run = await workflowExecutions.idOf(tx, source.id);
  const [end] = run === undefined ? [] : await reruns.endsOf(tx, run, task);
  const [row] =
    run === undefined || end === undefined
      ? []
      : await reruns.recorded(tx, run, [{ number: 0, task, visit: end.visit, item: null }]);
  const execution = row === undefined ? undefined : await executionQueue.find(tx, row.id);
  if (execution !== undefined && !latest && execution.revision !== null) {
    return { action: await actionFor(tx, execution, false), execution };
  }
  const action = (await actionsOf(tx, [{ action_ref: actionRef }])).get(actionRef);
  return action === undefined ? undefined : { action, execution };
}
