import {
  AttuneError,
  effectiveConfig,
  maskSecrets,
  secretConfig,
  type PackFile,
  type PackFiles,
  type Problem,
} from '@attune/core';
import { audit, lists } from '@attune/db';
import { registerPack } from '@attune/engine';
import { readPackFolder } from '@attune/pack';
import { z } from 'zod';
import { audited } from './auth/caller.ts';
import type { ApiDeps } from './deps.ts';
import type { Api } from './edge/api.ts';
import { pageAnswer, pageRequest } from './edge/cursor.ts';
import { bodyLimits } from './edge/limits.ts';
import { found } from './edge/found.ts';
import {
  HashSchema,
  IdSchema,
  InstantSchema,
  JsonSchema,
  listOf,
  oneOf,
  pageQuery,
  ProblemSchema,
  RefSchema,
  refParams,
} from './edge/schema.ts';

const summaryShape = {
  id: IdSchema,
  ref: RefSchema,
  label: z.string(),
  description: z.string().nullable(),
  version: z.string(),
  tags: z.array(z.string()),
  is_standard: z.boolean(),
  revision: HashSchema.nullable(),
  created: InstantSchema,
  updated: InstantSchema,
};

const PackSummarySchema = z.object(summaryShape).meta({ id: 'PackSummary' });

const PackSchema = z
  .object({
    ...summaryShape,
    conf_schema: JsonSchema,
    config: JsonSchema.describe('What workflows and rules read; values that the schema calls secret are masked'),
    meta: JsonSchema,
    runtime_deps: z.array(z.string()),
    source_path: z.string().nullable(),
  })
  .meta({ id: 'Pack' });

const UploadSchema = z
  .strictObject({
    files: z
      .array(
        z.strictObject({
          path: z.string().min(1).max(1000).describe('Inside the pack, with forward slashes'),
          mode: z
            .literal([0o644, 0o755], { error: 'Expected 420 (0644), or 493 (0755) for what may be executed' })
            .describe('420 (0644), or 493 (0755) for what may be executed'),
          content_base64: z.base64(),
        }),
      )
      .optional()
      .describe('The files themselves'),
    path: z.string().min(1).max(4096).optional().describe('Or a folder that the server can read'),
    force: z
      .boolean()
      .default(false)
      .describe('Replace the same version with other content, and forget configured values that it does not accept'),
  })
  .refine((body) => (body.files === undefined) !== (body.path === undefined), 'expected either `files` or `path`')
  .meta({ id: 'PackUpload' });

const RegisteredSchema = z
  .object({
    id: IdSchema,
    ref: RefSchema,
    version: z.string(),
    revision: HashSchema,
    changed: z.boolean().describe('False: exactly this content was registered already'),
    warnings: z.array(ProblemSchema).describe('What is right, but perhaps not what was meant'),
    forgotten_config: z
      .array(z.string())
      .describe('Configured values that the pack does not accept any more and `force` made it forget'),
  })
  .meta({ id: 'RegisteredPack' });

export function packRoutes(app: Api, { db, secrets, bell }: ApiDeps): void {
  app.get(
    '/api/v1/packs',
    {
      config: { permission: 'packs:read' },
      schema: {
        tags: ['packs'],
        operationId: 'listPacks',
        summary: 'List packs',
        querystring: z.strictObject(pageQuery),
        response: { 200: listOf(PackSummarySchema) },
      },
    },
    async (request) => pageAnswer('packs', await lists.packPage(db, pageRequest('packs', request.query))),
  );

  app.get(
    '/api/v1/packs/:ref',
    {
      config: { permission: 'packs:read' },
      schema: {
        tags: ['packs'],
        operationId: 'getPack',
        summary: 'Show a pack',
        params: refParams,
        response: { 200: oneOf(PackSchema) },
      },
    },
    async (request) => {
      const pack = found(await lists.findPack(db, request.params.ref), 'pack', request.params.ref);
      return { data: { ...pack, config: maskSecrets(effectiveConfig(pack), secretConfig(pack)) } };
    },
  );

  app.post(
    '/api/v1/packs/register',
    {
      config: { permission: 'packs:install' },
      bodyLimit: bodyLimits.pack,
      schema: {
        tags: ['packs'],
        operationId: 'registerPack',
        summary: 'Register a pack',
        description:
          'All or nothing: a pack with anything wrong in it loads nothing, and every problem is named at once. The body may have 150 MiB.',
        body: UploadSchema,
        response: { 200: oneOf(RegisteredSchema), 201: oneOf(RegisteredSchema) },
      },
    },
    async (request, reply) => {
      const { files, path, force } = request.body;
      const pack = path === undefined ? filesOf(files ?? []) : await readPackFolder(path);
      const registered = await registerPack(db, { files: pack, source_path: path ?? null, force }, secrets);
      await audit.insert(
        db,
        audited(request, {
          category: 'pack',
          event_type: 'pack.register',
          resource_type: 'pack',
          resource_ref: registered.ref,
          details: { version: registered.version, revision: registered.revision, changed: registered.changed },
        }),
      );
      if (registered.changed) bell.ring('event', 'execution', 'change');
      void reply.code(registered.changed ? 201 : 200);
      return { data: registered };
    },
  );
}

type UploadedFile = NonNullable<z.output<typeof UploadSchema>['files']>[number];

function filesOf(uploaded: readonly UploadedFile[]): PackFiles {
  const files = new Map<string, PackFile>();
  const details: Problem[] = [];
  uploaded.forEach(({ path, mode, content_base64 }, index) => {
    if (files.has(path))
      details.push({ message: 'This path was sent twice', file: path, pointer: `/files/${index}/path` });
    files.set(path, { mode, content: Buffer.from(content_base64, 'base64') });
  });
  if (details.length > 0) throw new AttuneError('invalid_pack', 'The pack cannot be registered', { details });
  return files;
}
