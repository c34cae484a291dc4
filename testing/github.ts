import { createHmac, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import type { Api } from './server.ts';

export interface PushPayload {
  ref: string;
  repository: { default_branch: string };
  commits: { added: string[]; modified: string[]; removed: string[] }[];
  [key: string]: unknown;
}

/** A real push to the default branch, from GitHub's own examples. */
export function pushPayload(): PushPayload {
  const examples = createRequire(import.meta.url)('@octokit/webhooks-examples') as {
    name: string;
    examples: PushPayload[];
  }[];
  const pushes = examples.find((event) => event.name === 'push')?.examples ?? [];
  const push = pushes.find((payload) => payload.ref === `refs/heads/${payload.repository.default_branch}`);
  if (push === undefined) throw new Error('The examples hold no push to a default branch');
  return structuredClone(push);
}

export interface Hook {
  url: string;
  secret: string;
}

/** Where GitHub would send its events, and with which secret. */
export const hookOf = (api: Api, trigger: string): Promise<Hook> =>
  api.get<Hook>(`/api/v1/triggers/${trigger}/webhook`);

export interface Delivery {
  body: string;
  delivery: string;
}

export const deliveryOf = (payload: PushPayload): Delivery => ({
  body: JSON.stringify(payload),
  delivery: randomUUID(),
});

/** Delivers a push as GitHub does: the raw body, signed. Answers with the event's id. */
export async function deliver(hook: Hook, { body, delivery }: Delivery): Promise<string> {
  const response = await fetch(hook.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-github-delivery': delivery,
      'x-hub-signature-256': `sha256=${createHmac('sha256', hook.secret).update(body).digest('hex')}`,
    },
    body,
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`The webhook answered ${response.status}: ${text}`);
  return (JSON.parse(text) as { data: { event_id: string } }).data.event_id;
}
