import type { Execution, ExecutionStatus, Id, Json, JsonObject, WorkflowTaskMetadata } from '@attune/core';
import { jsonb, sql, type Tx } from './database.ts';
import {
  directRun,
  ofTask,
  ofWorkflowExecution,
  partOfWorkflow,
  retryDue,
  timedOut,
  workflowTaskFromJson,
  workflowTaskToJson,
} from './workflow-task.ts';

/** What an execution is made of, as the founding document lists it. A row made this way in `running` has no lease: it is its
 *  creator's, and rescue leaves it alone. */
export interface CreateExecutionInput {
  /** null: the execution goes by `action_ref` alone. */
  action: Id | null;
  action_ref: string;
  /** The parameters; null where there are none. */
  config: JsonObject | null;
  parent: Id | null;
  enforcement: Id | null;
  /** The identity on whose behalf it runs. */
  executor: Id | null;
  status: ExecutionStatus;
  result: Json;
  /** null outside any workflow, which is SQL NULL in the column. */
  workflow_task: WorkflowTaskMetadata | null;
}

/** A slice of a list, newest first. */
export interface Page {
  /** Most rows; default 100. */
  limit?: number;
  /** Only rows older than this id. */
  before?: Id;
}

/** The executions as rows of the founding layout, whether they are tasks of a workflow or direct runs. */
export const ExecutionRepository = {
  create: async (tx: Tx, input: CreateExecutionInput): Promise<Execution> =>
    fromRow(
      await tx.one<Row>(sql`
        insert into execution (action, action_ref, config, parent, enforcement, executor, status, result, workflow_task)
        values (${input.action}, ${input.action_ref}, ${jsonb(input.config)}, ${input.parent}, ${input.enforcement},
          ${input.executor}, ${input.status}, ${jsonb(input.result)}, ${jsonb(workflowTaskToJson(input.workflow_task))})
        returning ${columns}`),
    ),

  findById: async (tx: Tx, id: Id): Promise<Execution | undefined> => {
    const row = await tx.maybe<Row>(sql`select ${columns} from execution where id = ${id}`);
    return row && fromRow(row);
  },

  /** All task executions of a workflow execution, in the order they were made. */
  findByWorkflowExecution: (tx: Tx, id: Id): Promise<Execution[]> =>
    find(tx, sql`where ${ofWorkflowExecution(id)} order by id`),

  /** Those of them that run the task `name`: its items, visits and attempts. */
  findByTaskName: (tx: Tx, id: Id, name: string): Promise<Execution[]> =>
    find(tx, sql`where ${ofWorkflowExecution(id)} and ${ofTask(name)} order by id`),

  /** Failed attempts whose next one is due and allowed, oldest first. */
  findDueRetries: (tx: Tx, limit = 100): Promise<Execution[]> =>
    find(tx, sql`where ${retryDue} order by id limit ${limit}`),

  /** Task executions that were stopped at their time limit. */
  findTimedOut: (tx: Tx, page: Page = {}): Promise<Execution[]> => findPage(tx, timedOut, page),

  findPartOfWorkflow: (tx: Tx, page: Page = {}): Promise<Execution[]> => findPage(tx, partOfWorkflow, page),

  findDirectRuns: (tx: Tx, page: Page = {}): Promise<Execution[]> => findPage(tx, directRun, page),
} as const;

type Row = Omit<Execution, 'workflow_task'> & { workflow_task: Json };

const columns = sql.raw(
  'id, action, action_ref, config, parent, enforcement, executor, status, result, workflow_task, created, updated',
);

const fromRow = (row: Row): Execution => ({ ...row, workflow_task: workflowTaskFromJson(row.workflow_task) });

const find = async (tx: Tx, rest: ReturnType<typeof sql>): Promise<Execution[]> =>
  (await tx.many<Row>(sql`select ${columns} from execution ${rest}`)).map(fromRow);

const findPage = (tx: Tx, condition: ReturnType<typeof sql>, { limit = 100, before }: Page): Promise<Execution[]> =>
  find(
    tx,
    sql`where ${condition} and (${before ?? null}::bigint is null or id < ${before ?? null}) order by id desc limit ${limit}`,
  );
