import { AttuneError } from '@attune/core';
import type { RouteOptions } from 'fastify';
import type { ApiDeps } from '../deps.ts';
import type { Api } from '../edge/api.ts';
import type { AccessTokens } from './access-token.ts';
import { authenticate } from './authenticate.ts';
import { isRoutePermission, permits, type RoutePermission } from './permission.ts';

export interface DeclaredRoute {
  method: string;
  url: string;
  permission: RoutePermission;
}

/** Puts every route behind the permission it declares. The decision is made on the route that was resolved, never on the text of the
 *  path, and before the body is read: who may not call a route cannot make the server read 100 MB for it.
 *  @returns the routes with their permissions, complete once the server is ready; getting ready fails where a route declares none. */
export function guardRoutes(app: Api, { db }: Pick<ApiDeps, 'db'>, tokens: AccessTokens): DeclaredRoute[] {
  const added: RouteOptions[] = [];
  const declared: DeclaredRoute[] = [];
  app.decorateRequest('caller', null);
  app.addHook('onRoute', (route) => void added.push(route));

  app.addHook('onReady', () => {
    for (const route of added) {
      const permission = route.config?.permission;
      if (!isRoutePermission(permission)) {
        const name = `${String(route.method)} ${route.url}`;
        throw new AttuneError('configuration', `The route ${name} does not declare the permission it needs`);
      }
      for (const method of [route.method].flat()) declared.push({ method, url: route.url, permission });
    }
  });

  app.addHook('onRequest', async (request) => {
    if (request.is404) return;
    const { permission } = request.routeOptions.config;
    if (permission === 'public') return;
    request.caller = await authenticate(db, tokens, request.headers.authorization);
    if (permission === 'authenticated') return;
    if (permission === undefined || !permits(request.caller.grants, permission)) {
      throw new AttuneError('forbidden', `This needs the permission ${permission ?? '(none is declared)'}`);
    }
  });
  return declared;
}
