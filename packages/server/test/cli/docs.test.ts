import { execFile } from 'node:child_process';
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { runProgram } from '@attune/cli';
import { expect, test } from 'vitest';
import { pushPayload } from '../../../../testing/github.ts';
import { openSite, type Ended, type Site } from './attune.test-support.ts';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const shell = promisify(execFile);

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
  'my-pack/pack.yaml': 'ref: my_pack\nlabel: Mine\nversion: 1.0.0\n',
});

/** Takes a line apart as a shell does: the arguments `attune` gets, and its standard input. */
async function parsed(line: string, folder: string): Promise<{ args: string[]; stdin: string }> {
  const spy = `attune() { printf '%s\\0' "$@"; printf '\\001'; cat; }`;
  const running = shell('sh', ['-c', `${spy}\n${line}`], { cwd: folder });
  running.child.stdin?.end();
  const [args = '', stdin = ''] = (await running).stdout.split('\u0001');
  return { args: args.split('\0').slice(0, -1), stdin };
}

/** Runs a line in this process: as the real command does, and a dozen times as quick as starting it. */
async function runLine(site: Site, line: string): Promise<Ended> {
  const { args, stdin } = await parsed(line, site.folder);
  const written = { stdout: '', stderr: '' };
  const capture = (name: keyof typeof written) => {
    const stream = new PassThrough({ encoding: 'utf8' });
    return stream.on('data', (part: string) => (written[name] += part));
  };
  const exit = await runProgram(
    {
      stdin: Readable.from([stdin]),
      stdout: capture('stdout'),
      stderr: capture('stderr'),
      env: site.env,
      folder: site.folder,
      userHome: site.folder,
      interrupted: new AbortController().signal,
    },
    args,
  );
  return { exit, ...written };
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
    if (line.startsWith('attune execution cancel')) {
      await runLine(site, 'attune action execute core.sleep --param seconds=600');
    }
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
