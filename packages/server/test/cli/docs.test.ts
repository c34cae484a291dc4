import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pushPayload } from '../../../../testing/github.ts';
import { openSite } from './attune.test-support.ts';
import { runLine } from './run-line.test-support.ts';

const root = join(import.meta.dirname, '..', '..', '..', '..');

/** Examples that ask at a terminal, or speak of a server elsewhere. */
const notHere = [
  'attune auth login --username admin',
  'attune auth login --username admin --api-url https://attune.example.com --profile work',
];

/** What the page's examples find in their folder. */
const files = () => ({
  'message.txt': 'from a file',
  'parameters.json': '{"message": "from a file"}',
  'push.json': JSON.stringify(pushPayload()),
  'topic.json': JSON.stringify({ ...pushPayload(), ref: 'refs/heads/topic' }),
  'report.json': JSON.stringify({
    ...{ title: 'A report', text: 'Text', repository: 'a/b', branch: 'main', head: 'abc', commits: 1, authors: [] },
    ...{ files: 1, kinds: {}, weight: 'light', mirror: 'reachable' },
  }),
  'results.yaml': 'check_mirror: [{ error: no answer }, { data: { attempt: 2 } }]\n',
  'my-pack/pack.yaml':
    'ref: my_pack\nlabel: Mine\nversion: 1.0.0\nconf_schema: { station: { type: string }, api_key: { secret: true } }\n',
  'other-pack/pack.yaml': 'ref: other_pack\nversion: 1.0.0\n',
  'api-key.txt': 'a secret\n',
  'smtp.json': '{"host": "mail.example.com", "password": "a secret"}',
  'my-pack/workflows/release.yaml': `
ref: my_pack.release
version: 1.0.0
parameters: { code: { type: integer, default: 1 } }
tasks:
  - { name: fetch, action: core.noop, next: [{ do: [check] }] }
  - { name: check, action: core.noop, input: { exit_code: "{{ parameters.code }}" } }
`,
  'my-pack/actions/gate.yaml': 'ref: my_pack.gate\nworkflow_file: workflows/gate.workflow.yaml\n',
  'my-pack/actions/workflows/gate.workflow.yaml': 'version: 1.0.0\ntasks: [{ name: gate, action: core.ask }]\n',
});

/** What has to run already for an example to have something to act on. */
function runningFor(line: string): string[] {
  if (line.startsWith('attune execution cancel')) return ['attune action execute core.sleep --param seconds=600'];
  if (line.startsWith('attune execution rerun')) {
    return ['attune pack register my-pack', 'attune action execute my_pack.release --wait'];
  }
  const pauses = /^attune execution (pause|resume)/.test(line);
  if (pauses) return ['attune pack register my-pack', 'attune action execute my_pack.gate'];
  return /^attune inquiry (show|respond)/.test(line) ? ['attune action execute core.ask'] : [];
}

test('every example of docs/cli.md runs, and ends as the page says', async () => {
  await using site = await openSite();
  await site.write({ ...files(), 'password.txt': site.password });
  await symlink(join(root, 'packs'), join(site.folder, 'packs'));

  const page = await readFile(join(root, 'docs', 'cli.md'), 'utf8');
  const lines = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap((block) => (block[1] ?? '').trim().split('\n'));
  expect(lines).toEqual(expect.arrayContaining(notHere));
  const outputs = new Map<string, string>();
  for (const line of lines.filter((one) => !notHere.includes(one))) {
    for (const command of runningFor(line)) await runLine(site, command);
    const expected = Number(/# exit code (\d+)$/.exec(line)?.[1] ?? 0);
    const { exit, stdout, stderr } = await runLine(site, line);
    expect(exit, `${line}\n${stderr}`).toBe(expected);
    if (line.includes('-o json')) JSON.parse(stdout);
    outputs.set(line, stdout);
  }

  const shown = /```\n(✗ .*)\n```/.exec(page)?.[1] ?? '?';
  expect(page.indexOf('attune event show latest')).toBeLessThan(page.indexOf(shown));
  expect([...outputs.values()].some((output) => output.includes(shown))).toBe(true);
}, 240_000);
