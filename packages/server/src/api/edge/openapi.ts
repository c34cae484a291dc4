import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { OpenAPIV3_1 } from 'openapi-types';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { version } from '../../version.ts';
import type { Api } from './api.ts';
import { tidyComponents } from './openapi-components.ts';
import { ErrorAnswerSchema } from './schema.ts';

/** `custom` has no JSON Schema of its own: ours say theirs in `meta`. */
const zodToJsonConfig = { unrepresentable: 'any' } as const;
const toJsonSchema = createJsonSchemaTransform({ zodToJsonConfig });
const withComponents = createJsonSchemaTransformObject({ zodToJsonConfig });

const description = `Events, rules, executions and workflows of Attune.

Ids are strings of digits; instants are RFC 3339 in UTC. Lists are newest first and paged by \`cursor\`. Every error has the shape
\`{error: {code, message, details[], request_id}}\`. JSON bodies may have 1 MiB unless a route says otherwise.`;

/** Describes the routes that are added after it as OpenAPI 3.1, at /openapi.json. */
export async function describeRoutes(app: Api): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Attune', version, description, license: { name: 'MIT', identifier: 'MIT' } },
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: 'An access token, or an integration token `attune_it_...`',
          },
        },
      },
    },
    hideUntagged: true,
    transform: (route) => {
      const permission = route.route.config?.permission;
      const isPublic = permission === 'public';
      const documented = {
        ...route.schema,
        response: { ...(route.schema.response as Record<string, unknown> | undefined), default: ErrorAnswerSchema },
        security: isPublic ? [] : [{ bearer: [] }],
        ...(isPublic || permission === undefined ? {} : { 'x-permission': permission }),
      };
      const described = toJsonSchema({ ...route, schema: documented });
      // a body that is taken raw has no schema to check it by; here it is said that there is one
      const isRaw = route.schema.consumes !== undefined;
      return isRaw
        ? { ...described, schema: { ...described.schema, body: { description: 'The raw body' } } }
        : described;
    },
    transformObject: (document) => tidyComponents(withComponents(document) as OpenAPIV3_1.Document),
  });
  app.get('/openapi.json', { config: { permission: 'public' }, schema: { hide: true } }, (_request, reply) =>
    reply.type('application/json').send(app.swagger()),
  );
}

const uiFolder = join(dirname(createRequire(import.meta.url).resolve('@fastify/swagger-ui/package.json')), 'static');

/** A page to browse and try the API at /docs. Everything it needs is served from here. */
export async function browseRoutes(app: Api): Promise<void> {
  await app.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, permission: 'public' };
      route.schema = { ...route.schema, hide: true };
    });
    await scope.register(swaggerUi, {
      routePrefix: '/docs',
      baseDir: uiFolder,
      logo: { type: 'image/svg+xml', content: await readFile(join(uiFolder, 'logo.svg')) },
      staticCSP: true,
      uiConfig: { persistAuthorization: false, docExpansion: 'list' },
      // the bar at the top carries another project's name and offers to load other documents
      theme: {
        title: 'Attune API',
        css: [{ filename: 'attune.css', content: '.swagger-ui .topbar { display: none }' }],
      },
    });
  });
}
