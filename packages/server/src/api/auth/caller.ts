import type { AuditEntry, Caller } from '@attune/db';
import type { FastifyRequest } from 'fastify';

/** Who asks, on a route that is not public. */
export function callerOf(request: Pick<FastifyRequest, 'caller'>): Caller {
  if (request.caller === null) throw new Error('The route is public: nobody in particular asks');
  return request.caller;
}

/** An audit entry of what the caller of this request did. */
export const audited = (
  request: Pick<FastifyRequest, 'caller' | 'id'>,
  entry: Pick<AuditEntry, 'category' | 'event_type' | 'resource_type' | 'resource_ref'> & Partial<AuditEntry>,
): AuditEntry => {
  const caller = callerOf(request);
  return {
    outcome: 'success',
    actor_identity: caller.id,
    actor_login: caller.login,
    request_id: request.id,
    details: null,
    ...entry,
  };
};
