import type { ApiDeps } from './deps.ts';
import type { Api } from './edge/api.ts';

/** Prometheus reads it; docs/metrics.md says what each metric tells. */
export function metricsRoute(app: Api, { metrics }: ApiDeps): void {
  app.get('/metrics', { config: { permission: 'metrics:read' }, schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics.render()),
  );
}
