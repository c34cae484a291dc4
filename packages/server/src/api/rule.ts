import { audit, lists, rules } from '@attune/db';
import { z } from 'zod';
import { audited } from './auth/caller.ts';
import type { ApiDeps } from './deps.ts';
import type { Api } from './edge/api.ts';
import { pageAnswer, pageRequest } from './edge/cursor.ts';
import { found } from './edge/found.ts';
import {
  FlagSchema,
  GivenRefSchema,
  HashSchema,
  IdSchema,
  InstantSchema,
  JsonSchema,
  listOf,
  oneOf,
  pageQuery,
  RefSchema,
  refParams,
} from './edge/schema.ts';

const summaryShape = {
  id: IdSchema,
  ref: RefSchema,
  pack: IdSchema,
  pack_ref: RefSchema,
  label: z.string(),
  description: z.string(),
  trigger_ref: RefSchema,
  action_ref: RefSchema,
  enabled: z.boolean(),
  revision: HashSchema.nullable(),
  created: InstantSchema,
  updated: InstantSchema,
};

const RuleSummarySchema = z.object(summaryShape).meta({ id: 'RuleSummary' });

const RuleSchema = z
  .object({ ...summaryShape, conditions: JsonSchema, action_params: JsonSchema, trigger_params: JsonSchema })
  .meta({ id: 'Rule' });

export function ruleRoutes(app: Api, { db }: ApiDeps): void {
  app.get(
    '/api/v1/rules',
    {
      config: { permission: 'rules:read' },
      schema: {
        tags: ['rules'],
        operationId: 'listRules',
        summary: 'List rules',
        querystring: z.strictObject({
          ...pageQuery,
          pack_ref: GivenRefSchema.optional(),
          trigger_ref: GivenRefSchema.optional(),
          action_ref: GivenRefSchema.optional(),
          enabled: FlagSchema.optional(),
        }),
        response: { 200: listOf(RuleSummarySchema) },
      },
    },
    async ({ query }) => pageAnswer('rules', await lists.rulePage(db, query, pageRequest('rules', query))),
  );

  app.get(
    '/api/v1/rules/:ref',
    {
      config: { permission: 'rules:read' },
      schema: {
        tags: ['rules'],
        operationId: 'getRule',
        summary: 'Show a rule',
        params: refParams,
        response: { 200: oneOf(RuleSchema) },
      },
    },
    async ({ params }) => ({ data: found(await lists.findRule(db, params.ref), 'rule', params.ref) }),
  );

  for (const [verb, enabled] of [
    ['enable', true],
    ['disable', false],
  ] as const) {
    app.post(
      `/api/v1/rules/:ref/${verb}`,
      {
        config: { permission: 'rules:update' },
        schema: {
          tags: ['rules'],
          operationId: `${verb}Rule`,
          summary: enabled ? 'Let a rule match events' : 'Keep a rule from matching events that come from now on',
          params: refParams,
          response: { 200: oneOf(RuleSchema) },
        },
      },
      async (request) => {
        const { ref } = request.params;
        const rule = await db.transaction(async (tx) => {
          found(await rules.setEnabled(tx, ref, enabled), 'rule', ref);
          const entry = { category: 'admin', resource_type: 'rule', resource_ref: ref } as const;
          await audit.insert(tx, audited(request, { ...entry, event_type: `rule.${verb}` }));
          return lists.findRule(tx, ref);
        });
        return { data: found(rule, 'rule', ref) };
      },
    );
  }
}
