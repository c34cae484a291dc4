import { executionStatuses, type WorkflowTaskMetadata } from '@attune/core';
import { z } from 'zod';
import type { ExecutionNode } from './execution-tree.ts';
import { HashSchema, IdSchema, InstantSchema, JsonSchema, RefSchema } from './edge/schema.ts';

export const ExecutionStatusSchema = z.enum(executionStatuses).meta({ id: 'ExecutionStatus' });

export const LogStreamSchema = z.enum(['stdout', 'stderr']).meta({ id: 'LogStream' });

/** Old systems kept 64 bits of it, more than a number of JavaScript holds. */
const MillisecondsSchema = z
  .custom<number | bigint>((value) => typeof value === 'bigint' || typeof value === 'number', 'expected a number')
  .meta({ type: 'integer' });

const WorkflowTaskSchema: z.ZodType<WorkflowTaskMetadata, WorkflowTaskMetadata> = z
  .object({
    workflow_execution: IdSchema,
    task_name: z.string(),
    task_index: z.number().nullable(),
    task_batch: z.number().nullable(),
    retry_count: z.number(),
    max_retries: z.number(),
    next_retry_at: z.string().nullable(),
    timeout_seconds: z.number().nullable(),
    timed_out: z.boolean(),
    duration_ms: MillisecondsSchema.nullable(),
    started_at: z.string().nullable(),
    completed_at: z.string().nullable(),
    visit: z.number().exactOptional(),
    attempt: z.number().exactOptional(),
    position: z.record(z.string(), z.number()).exactOptional(),
    triggered_by: z.string().nullable().exactOptional(),
    reused_from: IdSchema.exactOptional().describe('In a re-run: the execution whose result it took over'),
    not_reused: z.string().exactOptional().describe('In a re-run: why it took none over'),
  })
  .meta({ id: 'WorkflowTask', description: 'What the execution is in its workflow' });

const summaryShape = {
  id: IdSchema,
  action: IdSchema.nullable(),
  action_ref: RefSchema,
  parent: IdSchema.nullable(),
  enforcement: IdSchema.nullable(),
  rule_ref: RefSchema.nullable(),
  trigger_ref: RefSchema.nullable(),
  executor: IdSchema.nullable().describe('The identity it runs for'),
  status: ExecutionStatusSchema,
  workflow_task: WorkflowTaskSchema.nullable(),
  workflow_execution: IdSchema.nullable().describe('The run, where the action is a workflow'),
  paused: z.boolean().describe('Whether nothing starts in the run: it is paused, or one above it is'),
  inquiry: IdSchema.nullable().describe('The question to a person that it waits with'),
  original_execution: IdSchema.nullable().describe('The first attempt, on later ones'),
  rerun_of: IdSchema.nullable().describe('The execution that it runs again'),
  retry_count: z.int(),
  created: InstantSchema,
  updated: InstantSchema,
  started_at: InstantSchema.nullable(),
  completed_at: InstantSchema.nullable(),
};

export const ExecutionSummarySchema = z.object(summaryShape).meta({ id: 'ExecutionSummary' });

export const ExecutionSchema = z
  .object({
    ...summaryShape,
    config: JsonSchema.describe('The parameters; those that the schema calls secret are masked'),
    result: JsonSchema,
    runtime: z.string().nullable(),
    worker: IdSchema.nullable(),
    worker_name: z.string().nullable(),
    paused_by: IdSchema.nullable().describe('The execution whose pause holds the run: itself, or one above it'),
    pause_reason: z.string().nullable(),
    timeout_seconds: z.int().nullable(),
    run_after: InstantSchema.nullable(),
    cause: IdSchema.nullable().describe('The event that led here'),
    revision: HashSchema.nullable().describe('Definition it runs with'),
    pack_revision: HashSchema.nullable().describe("Digest of the pack's files it runs with"),
    input_hash: HashSchema.nullable(),
    result_hash: HashSchema.nullable(),
    rerun: JsonSchema.describe('How it runs the other one again: `mode`, `from`, `reset_items`, `latest`'),
  })
  .meta({ id: 'Execution' });

export const ExecutionNodeSchema: z.ZodType<ExecutionNode, ExecutionNode> = z
  .object({
    ...summaryShape,
    truncated: z.boolean().describe('Whether the tree is larger than what is shown; set at its root'),
    get children(): z.ZodType<ExecutionNode[], ExecutionNode[]> {
      return z.array(ExecutionNodeSchema);
    },
  })
  .meta({ id: 'ExecutionNode' });

export const ExecutionLogSchema = z
  .object({
    stream: LogStreamSchema,
    offset: z.int(),
    text: z.string().describe('The bytes from `offset` on as UTF-8; what is not UTF-8 is shown as U+FFFD'),
    next_offset: z.int().describe('Where to read on'),
    complete: z.boolean().describe('Whether this is all, and nothing will follow'),
  })
  .meta({ id: 'ExecutionLog' });
