import {
  executionStatuses,
  itemStates,
  notReusedReasons,
  standingReasons,
  taskStates,
  type ItemState,
  type NotReused,
  type Standing,
  type StandingReason,
  type TaskState,
} from '@attune/core';
import type { AttemptExplanation, Origin } from '@attune/engine';
import { z } from 'zod';
import { ExecutionStatusSchema } from './execution-schema.ts';
import { HashSchema, IdSchema, InstantSchema, JsonObjectSchema, JsonSchema, RefSchema } from './edge/schema.ts';

// The contract of an explanation. Its closed lists are the tables of core, with what each word means.

const wordsOf = <W extends string>(table: Readonly<Record<W, string>>) =>
  z.enum(Object.keys(table) as [W, ...W[]]).describe(
    Object.entries(table)
      .map(([word, meaning]) => `\`${word}\`: ${String(meaning)}`)
      .join('. '),
  );

const StandingReasonSchema = wordsOf<StandingReason>(standingReasons).meta({ id: 'StandingReason' });
const TaskStateSchema = wordsOf<TaskState>(taskStates).meta({ id: 'TaskState' });
const ItemStateSchema = wordsOf<ItemState>(itemStates).meta({ id: 'ItemState' });
const NotReusedSchema = wordsOf<NotReused>(notReusedReasons).meta({ id: 'NotReused' });

/** What a reason is about stands beside it; which keys these are depends on the reason. */
const StandingSchema: z.ZodType<Standing, Standing> = z
  .object({ reason: StandingReasonSchema, message: z.string().describe('The same in one sentence') })
  .catchall(JsonSchema)
  .meta({ id: 'Standing', description: 'Why an execution is where it is, with what the reason is about' }) as never;

const OutcomeSchema = z.enum(['succeeded', 'failed', 'timed_out', 'abandoned', 'cancelled']);

const PositionSchema = z
  .record(z.string(), z.int())
  .describe('Iteration number of each loop passed, by the name of its head');

const ConditionSchema = z
  .object({
    condition: z.string().describe('As it is written'),
    value: z.boolean().nullable().describe('Null: it could not be evaluated'),
    proof: JsonSchema.describe('Every clause with its operands and result; null where it cannot be computed again'),
    error: z.string().nullable(),
  })
  .meta({ id: 'ProvenCondition' });

const ArrivalSchema = z
  .object({
    task: z.string(),
    visit: z.int(),
    transitions: z.array(z.int()).describe('Places in `next` of those that fired and named the task'),
  })
  .meta({ id: 'Arrival' });

const OriginSchema = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('request'), executor: IdSchema.nullable() }),
    z.object({
      kind: z.literal('rule'),
      rule_ref: RefSchema,
      enforcement: IdSchema,
      event: IdSchema.nullable(),
    }),
    z.object({
      kind: z.literal('task'),
      parent: IdSchema,
      task: z.string(),
      visit: z.int(),
      item: z.int().nullable(),
    }),
    z.object({ kind: z.literal('rerun'), rerun_of: IdSchema, executor: IdSchema.nullable() }),
  ] satisfies [z.ZodType<Origin>, ...z.ZodType<Origin>[]])
  .meta({ id: 'Origin', description: 'What the execution came from' });

const AttemptSchema = z
  .object({
    execution: IdSchema,
    item: z.int().nullable(),
    attempt: z.int(),
    status: ExecutionStatusSchema,
    error: z.string().nullable().describe('Why it did not succeed'),
    standing: StandingSchema,
    started_at: InstantSchema.nullable(),
    completed_at: InstantSchema.nullable(),
    reused_from: IdSchema.nullable().describe('In a re-run: the execution whose result it took over'),
    not_reused: NotReusedSchema.nullable().describe('In a re-run: why it took none over'),
  })
  .meta({ id: 'AttemptExplanation' }) satisfies z.ZodType<AttemptExplanation>;

const TransitionSchema = z
  .object({
    index: z.int().describe("Its place in the task's `next`, from 0"),
    when: ConditionSchema.nullable().describe('Null: it always fires'),
    fired: z.boolean(),
    published: JsonObjectSchema.describe('The variables it set; secrets are masked'),
    do: z.array(z.string()).describe('The targets it names'),
    error: z.string().nullable(),
  })
  .meta({ id: 'TransitionExplanation' });

const fates = ['started', 'skipped', 'dropped', 'waiting', 'refused', 'noop', 'fail'] as const;

const TaskRunSchema = z
  .object({
    visit: z.int(),
    position: PositionSchema,
    because: z.array(ArrivalSchema).describe('Why it ran: what led to it; empty: the workflow begins with it'),
    when: ConditionSchema.nullable().describe('The condition of the task itself'),
    outcome: z
      .enum([...OutcomeSchema.options, 'skipped'])
      .nullable()
      .describe('Null: it has not ended'),
    items: z
      .object({
        count: z.int(),
        released: z.int().describe('Items below this index were started'),
        ended: z.object({ succeeded: z.int(), failed: z.int(), timed_out: z.int(), cancelled: z.int() }),
        rest: z.object({ state: ItemStateSchema, message: z.string() }).nullable(),
      })
      .nullable(),
    transitions: z.array(TransitionSchema),
    led_to: z.array(
      z.object({
        task: z.string(),
        fate: z.enum(fates),
        visit: z.int().nullable(),
        reason: z.string().nullable(),
      }),
    ),
    retries: z.array(
      z.object({
        item: z.int().nullable(),
        attempt: z.int(),
        outcome: OutcomeSchema,
        retry_count: z.int().nullable().describe('Null: no retry follows, for `on_error` is false'),
        delay_seconds: z.number().nullable(),
        on_error: ConditionSchema.nullable(),
      }),
    ),
    attempts: z.array(AttemptSchema),
    attempts_total: z.int(),
  })
  .meta({ id: 'TaskRunExplanation' });

const TaskSchema = z
  .object({
    task: z.string(),
    action_ref: RefSchema,
    state: TaskStateSchema,
    message: z.string().describe('The state in one sentence, about this task'),
    is_entry: z.boolean(),
    led_to_by: z
      .array(
        z.object({
          task: z.string(),
          index: z.int(),
          condition: z.string().nullable(),
          evaluated: z.int().describe('How often'),
          fired: z.int(),
          may_still_fire: z.boolean(),
        }),
      )
      .describe('Every transition that names it'),
    joins: z
      .array(
        z.object({
          position: PositionSchema,
          needed: z.int(),
          arrived: z.array(z.string()),
          missing: z.array(z.object({ task: z.string(), may_still_come: z.boolean() })),
        }),
      )
      .describe('Where transitions led to its join and it is not met'),
    refusals: z.array(z.object({ because: ArrivalSchema.nullable(), position: PositionSchema, reason: z.string() })),
    runs: z.array(TaskRunSchema).describe('The last ones, oldest first'),
    runs_total: z.int(),
  })
  .meta({ id: 'TaskExplanation' });

export const ExecutionExplanationSchema = z
  .object({
    execution: IdSchema,
    action_ref: RefSchema,
    status: z.enum(executionStatuses),
    revision: HashSchema.nullable().describe('Definition it runs with'),
    pack_revision: HashSchema.nullable(),
    origin: OriginSchema,
    standing: StandingSchema,
    error: z.string().nullable().describe('Why it did not succeed'),
    attempts: z.array(AttemptSchema).describe('Of an execution outside any workflow, where there are several'),
    workflow: z
      .object({
        workflow_execution: IdSchema,
        replay: z
          .object({ agrees: z.boolean(), step: z.int().nullable(), message: z.string().nullable() })
          .describe('Whether deciding everything again gives what was recorded; from `step` on nothing is proven'),
        variables: JsonObjectSchema,
        failures: z.array(z.string()).describe('Why the run fails, or failed'),
        tasks: z.array(TaskSchema).describe('In the order of the file'),
      })
      .nullable()
      .describe('Null where the action is no workflow, or the run is one of an older system'),
  })
  .meta({ id: 'ExecutionExplanation' });
