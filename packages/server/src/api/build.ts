import { randomUUID } from 'node:crypto';
import helmet from '@fastify/helmet';
import { fastify, LogController, type FastifyBaseLogger, type FastifyError, type FastifyReply } from 'fastify';
import { AttuneError } from '@attune/core';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { actionRoutes } from './action.ts';
import { auditEventRoutes } from './audit-event.ts';
import { accessTokens } from './auth/access-token.ts';
import { guardRoutes, type DeclaredRoute } from './auth/authorization.ts';
import { passwords as makePasswords, type Passwords } from './auth/password.ts';
import { authRoutes } from './auth/route.ts';
import type { ApiDeps } from './deps.ts';
import type { Api } from './edge/api.ts';
import { serializerCompiler, validatorCompiler } from './edge/compilers.ts';
import { errorBody, errorOf } from './edge/errors.ts';
import { readJsonBody } from './edge/json-body.ts';
import { bodyLimits, requestTimeoutMs } from './edge/limits.ts';
import { browseRoutes, describeRoutes } from './edge/openapi.ts';
import { refuseMalformedHttp } from './edge/malformed-http.ts';
import { enforcementRoutes } from './enforcement.ts';
import { eventRoutes } from './event.ts';
import { eventIngress } from './event-ingress.ts';
import { executionRoutes } from './execution.ts';
import { executionExplainRoute } from './execution-explain.ts';
import { executionPauseRoutes } from './execution-pause.ts';
import { executionRerunRoute } from './execution-rerun.ts';
import { healthRoutes } from './health.ts';
import { inquiryRoutes } from './inquiry.ts';
import { keyRoutes } from './key.ts';
import { metricsRoute } from './metrics.ts';
import { packRoutes } from './pack.ts';
import { packConfigRoutes } from './pack-config.ts';
import { ruleRoutes } from './rule.ts';
import { triggerRoutes } from './trigger.ts';
import { webhookRoute } from './webhook/route.ts';
import { workflowRoutes } from './workflow.ts';
import { workflowStepRoutes } from './workflow-step.ts';

export interface BuiltApi {
  app: Api;
  /** Every route with its permission; complete once the app is ready. */
  routes: readonly DeclaredRoute[];
}

/** Builds the API without listening; `app.inject` asks it. */
export async function buildApi(deps: ApiDeps, passwords: Passwords = makePasswords()): Promise<BuiltApi> {
  const log: FastifyBaseLogger = deps.log;
  const app: Api = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }), // at debug level below, without headers
    genReqId: () => randomUUID(),
    requestIdHeader: false, // an id of the caller's choosing would let requests share one
    bodyLimit: bodyLimits.json,
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: 'idle',
    return503OnClosing: false, // what still comes on an open connection is answered
    routerOptions: { maxParamLength: 500 },
    clientErrorHandler: refuseMalformedHttp,
    frameworkErrors: (error, request, reply) => {
      answerError(errorOf(error, bodyLimits.json), request.id, reply);
    },
  }).withTypeProvider<ZodTypeProvider>();

  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, body.length === 0 ? undefined : readJsonBody(body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
  answerErrors(app);

  const tokens = accessTokens(deps.secrets, deps.now);
  const routes = guardRoutes(app, deps, tokens);
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  });
  app.addHook('onRequest', (request, reply, done) => {
    void reply.headers({ 'x-request-id': request.id, 'cache-control': 'no-store' });
    done();
  });
  // when it is answered, not when it comes: a connection that was kept for more would keep a process that stops for a minute
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (deps.isStopping()) void reply.header('connection', 'close');
    done(null, payload);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const { statusCode: status, elapsedTime: duration_ms } = reply;
    request.log.debug({ method: request.method, route: request.routeOptions.url, status, duration_ms }, 'Answered');
    done();
  });

  await describeRoutes(app);
  await browseRoutes(app);
  authRoutes(app, { db: deps.db, accessTokens: tokens, passwords });
  healthRoutes(app, deps);
  metricsRoute(app, deps);
  packRoutes(app, deps);
  packConfigRoutes(app, deps);
  actionRoutes(app, deps);
  workflowRoutes(app, deps);
  triggerRoutes(app, deps);
  ruleRoutes(app, deps);
  const ingress = eventIngress(deps.db);
  eventRoutes(app, deps, ingress);
  enforcementRoutes(app, deps);
  executionRoutes(app, deps);
  workflowStepRoutes(app, deps);
  executionPauseRoutes(app, deps);
  executionExplainRoute(app, deps);
  executionRerunRoute(app, deps);
  inquiryRoutes(app, deps);
  keyRoutes(app, deps);
  auditEventRoutes(app, deps);
  webhookRoute(app, deps, ingress);
  return { app, routes };
}

function answerErrors(app: Api): void {
  app.setNotFoundHandler((request) => {
    throw new AttuneError('not_found', `There is no route ${request.method} ${request.url.split('?')[0] ?? ''}`);
  });
  app.setErrorHandler((error: FastifyError | AttuneError, request, reply) => {
    const known = errorOf(error, request.routeOptions.bodyLimit);
    if (known.status >= 500) request.log.error({ err: error, request_id: request.id }, known.message);
    if (known.code === 'overloaded') void reply.header('retry-after', '1');
    if (known.status === 401) void reply.header('www-authenticate', 'Bearer realm="attune"');
    answerError(known, request.id, reply);
  });
}

/** Written here, not by a route's schema: the shape is the same whatever the route. */
function answerError(error: AttuneError, requestId: string, reply: FastifyReply): void {
  void reply
    .code(error.status)
    .type('application/json')
    .send(JSON.stringify(errorBody(error, requestId)));
}
