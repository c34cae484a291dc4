import type { Grant } from '@attune/db';

/** Everything that can be permitted, as `resource:action`. */
export const permissions = [
  'packs:read',
  'packs:install',
  'packs:configure',
  'actions:read',
  'actions:execute',
  'workflows:read',
  'triggers:read',
  'triggers:secret',
  'rules:read',
  'rules:update',
  'events:read',
  'events:create',
  'enforcements:read',
  'executions:read',
  'executions:cancel',
  'executions:pause',
  'inquiries:read',
  'inquiries:respond',
  'keys:read',
  'keys:create',
  'keys:update',
  'keys:delete',
  'keys:decrypt',
  'audit_events:read',
  'metrics:read',
] as const;

export type Permission = (typeof permissions)[number];

/** What a route declares: a permission, or that any identity may call it, or that anybody may. */
export type RoutePermission = Permission | 'authenticated' | 'public';

export const isRoutePermission = (value: unknown): value is RoutePermission =>
  value === 'public' || value === 'authenticated' || permissions.some((permission) => permission === value);

/** Whether grants include a permission. What is not granted is refused. */
export function permits(grants: readonly Grant[], permission: Permission): boolean {
  const [resource, action] = permission.split(':') as [string, string];
  const covers = (granted: string, wanted: string) => granted === '*' || granted === wanted;
  return grants.some((grant) => covers(grant.resource, resource) && grant.actions.some((one) => covers(one, action)));
}

/** The two permission sets that every installation has. The viewer reads what happened, but no secret and no audit trail. */
export const builtInSets = {
  admin: {
    ref: 'core.admin',
    label: 'Administrator',
    description: 'May do everything',
    grants: [{ resource: '*', actions: ['*'] }],
  },
  viewer: {
    ref: 'core.viewer',
    label: 'Viewer',
    description: 'Reads definitions and runs, but no secrets',
    grants: [
      'packs',
      'actions',
      'workflows',
      'triggers',
      'rules',
      'events',
      'enforcements',
      'executions',
      'inquiries',
      'keys',
      'metrics',
    ].map((resource) => ({ resource, actions: ['read'] })),
  },
} as const satisfies Record<string, { ref: string; label: string; description: string; grants: readonly Grant[] }>;
