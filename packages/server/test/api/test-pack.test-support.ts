import type { Json } from '@attune/core';
import { dataOf, type TestApi } from './support.test-support.ts';

/** A small pack that has one of everything the API shows. */
export const packFiles: Record<string, string> = {
  'pack.yaml': `
ref: demo
label: Demo
description: For tests
version: 1.0.0
conf_schema:
  region: { type: string }
  token: { type: string, secret: true, required: true }
config:
  region: here
`,
  'actions/greet.yaml': `
ref: demo.greet
description: Greets
runner_type: shell
entry_point: greet.sh
parameters:
  name: { type: string, required: true }
  times: { type: integer, default: 1, minimum: 1 }
  password: { type: string, secret: true }
`,
  'actions/greet.sh': 'echo "hello"\n',
  'triggers/push.yaml': `
ref: demo.push
webhook:
  hmac: { header: X-Hub-Signature-256, algorithm: sha256, prefix: 'sha256=' }
  dedup_header: X-Delivery
`,
  'triggers/open.yaml': `
ref: demo.open
webhook:
  hmac: none
`,
  'triggers/plain.yaml': 'ref: demo.plain\n',
  'rules/on-push.yaml': `
ref: demo.on_push
trigger_ref: demo.push
action_ref: demo.greet
conditions:
  - { field: ref, operator: equals, value: refs/heads/main }
action_params:
  name: '{{ event.payload.ref }}'
`,
};

export const upload = (files: Record<string, string>, extra: Record<string, Json> = {}): Json => ({
  files: Object.entries(files).map(([path, text]) => ({
    path,
    mode: path.endsWith('.sh') ? 0o755 : 0o644,
    content_base64: Buffer.from(text).toString('base64'),
  })),
  ...extra,
});

export async function registerTestPack(api: TestApi): Promise<void> {
  const answer = await api.call('POST', '/api/v1/packs/register', { token: api.admin, body: upload(packFiles) });
  if (answer.status !== 201) throw new Error(`The pack was not registered: ${answer.text}`);
}

/** The path of a trigger's webhook and its secret, as an admin sees them. */
export async function webhookOf(api: TestApi, ref: string): Promise<{ path: string; secret: string | null }> {
  const { url, secret } = dataOf(await api.call('GET', `/api/v1/triggers/${ref}/webhook`, { token: api.admin }));
  return { path: new URL(url as string).pathname, secret: secret as string | null };
}
