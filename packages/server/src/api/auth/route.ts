import { AttuneError } from '@attune/core';
import { z } from 'zod';
import type { Api } from '../edge/api.ts';
import { IdSchema, oneOf } from '../edge/schema.ts';
import { callerOf } from './caller.ts';
import { login, logout, refresh, type SessionDeps } from './session.ts';

const CredentialsSchema = z
  .strictObject({ login: z.string().min(1).max(255), password: z.string().min(1).max(1024) })
  .meta({ id: 'Credentials' });

const RefreshSchema = z.strictObject({ refresh_token: z.string().min(1).max(200) }).meta({ id: 'RefreshTokenBody' });

const sessionShape = {
  access_token: z.string().describe('For the header `Authorization: Bearer`'),
  refresh_token: z.string().describe('For one refresh; a second use of it ends the session'),
  token_type: z.literal('Bearer'),
  expires_in: z.int().describe('Seconds until the access token expires'),
};
const SessionSchema = z.object(sessionShape).meta({ id: 'Session' });

const userShape = { id: IdSchema, login: z.string(), display_name: z.string().nullable() };
const LoginSchema = z.object({ ...sessionShape, user: z.object(userShape) }).meta({ id: 'LoginSession' });

const MeSchema = z
  .object({
    ...userShape,
    permission_sets: z.array(z.string()),
    grants: z.array(z.object({ resource: z.string(), actions: z.array(z.string()) })),
  })
  .meta({ id: 'Me' });

export function authRoutes(app: Api, deps: SessionDeps): void {
  app.post(
    '/auth/login',
    {
      config: { permission: 'public' },
      schema: {
        tags: ['auth'],
        operationId: 'login',
        summary: 'Log in with a password',
        description: 'After ten attempts within 15 minutes the answer is `rate_limited`, with the header Retry-After.',
        body: CredentialsSchema,
        response: { 200: oneOf(LoginSchema) },
      },
    },
    async (request, reply) => {
      const answer = await login(deps, { ...request.body, address: request.ip, request_id: request.id });
      switch (answer.kind) {
        case 'in':
          return { data: { ...answer.session, user: answer.identity } };
        case 'refused':
          throw new AttuneError('unauthorized', 'The login or the password is wrong');
        case 'throttled':
          void reply.header('retry-after', answer.retry_after_seconds);
          throw new AttuneError('rate_limited', `Too many attempts; try again in ${answer.retry_after_seconds} s`);
      }
    },
  );

  app.post(
    '/auth/refresh',
    {
      config: { permission: 'public' },
      schema: {
        tags: ['auth'],
        operationId: 'refreshSession',
        summary: 'Trade a refresh token for new tokens',
        body: RefreshSchema,
        response: { 200: oneOf(SessionSchema) },
      },
    },
    async (request) => {
      const answer = await refresh(deps, request.body.refresh_token, request.id);
      switch (answer.kind) {
        case 'in':
          return { data: answer.session };
        case 'expired':
          throw new AttuneError('token_expired', 'The session has expired; log in again');
        case 'refused':
          throw new AttuneError('unauthorized', 'The refresh token is not valid any more; log in again');
      }
    },
  );

  app.post(
    '/auth/logout',
    {
      config: { permission: 'public' },
      schema: {
        tags: ['auth'],
        operationId: 'logout',
        summary: 'End the session of a refresh token, its access tokens included',
        body: RefreshSchema,
        response: { 200: oneOf(z.object({ ended: z.literal(true) })) },
      },
    },
    async (request) => {
      await logout(deps, request.body.refresh_token);
      return { data: { ended: true as const } };
    },
  );

  app.get(
    '/auth/me',
    {
      config: { permission: 'authenticated' },
      schema: {
        tags: ['auth'],
        operationId: 'whoami',
        summary: 'Who I am and what I may do',
        response: { 200: oneOf(MeSchema) },
      },
    },
    (request) => ({ data: callerOf(request) }),
  );
}
