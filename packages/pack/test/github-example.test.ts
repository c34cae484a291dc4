import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import type { JsonObject } from '@attune/core';
import { callAction, runAction, type Run } from './run-action.ts';

interface Event {
  name: string;
  examples: JsonObject[];
}
const events = createRequire(import.meta.url)('@octokit/webhooks-examples') as Event[];
const pushes = events.filter(({ name }) => name === 'push').flatMap(({ examples }) => examples);

const run = async (script: string, parameters: JsonObject): Promise<JsonObject> => {
  const way = script === 'count_authors.py' ? callAction : runAction;
  const { exit_code, stderr, data } = await way(`examples/github/actions/${script}`, parameters);
  expect({ exit_code, stderr }).toEqual({ exit_code: 0, stderr: '' });
  return data;
};

/** What the workflow does with a push, without the engine. */
async function report(push: JsonObject): Promise<JsonObject> {
  const read = await run('read_commits.py', { push });
  const [classified, counted] = await Promise.all([
    run('classify_files.mjs', { files: read['files'] ?? null }),
    run('count_authors.py', { commits: read['commits'] ?? null }),
  ]);
  const kinds = classified['kinds'] ?? null;
  const { weight = null } = await run('weigh_change.mjs', { kinds, commits: (read['commits'] as JsonObject[]).length });
  return run('build_report.py', {
    push: read,
    authors: counted['authors'] ?? null,
    kinds,
    weight,
    mirror: 'reachable',
  });
}

test('there are pushes to learn from: branches, tags, deletions', () => {
  expect(pushes.length).toBeGreaterThan(5);
  expect(pushes.some((push) => push['head_commit'] === null)).toBe(true);
});

test.each(pushes.map((push, index) => [index, push['ref'] as string, push] as const))(
  'push %i to %s becomes a report',
  async (_, ref, push) => {
    const made = await report(push);
    expect(made).toMatchObject({
      repository: 'Codertocat/Hello-World',
      branch: ref.replace('refs/heads/', ''),
      head: push['after'],
      commits: (push['commits'] as JsonObject[]).length,
    });
  },
);

const commit = (
  id: string,
  author: JsonObject,
  changes: JsonObject,
  message = `Change ${id}\n\nat length`,
): JsonObject => ({
  id,
  message,
  author,
  added: [],
  modified: [],
  removed: [],
  ...changes,
});

const busyPush: JsonObject = {
  ref: 'refs/heads/trunk/2026',
  after: 'c0ffee',
  repository: { full_name: 'octo/ünïcode', default_branch: 'trunk/2026' },
  pusher: { name: 'mona' },
  commits: [
    commit('a000000000', { username: 'mona' }, { added: ['src/a.ts', 'tmp.txt', 'docs/ü b.md'], removed: ['old.py'] }),
    commit(
      'b000000000',
      { name: 'No Account' },
      { modified: ['src/a.ts', 'package.json'], removed: ['tmp.txt'] },
      '🎉 Party',
    ),
    commit(
      'c000000000',
      { username: 'mona' },
      { added: ['old.py'], modified: ['.github/workflows/ci.yml', 'test/a.test.ts'] },
    ),
  ],
};

test('a busy push is read by its net changes', async () => {
  const { files } = await run('read_commits.py', { push: busyPush });
  expect(files).toEqual([
    { path: '.github/workflows/ci.yml', change: 'modified' },
    { path: 'docs/ü b.md', change: 'added' },
    { path: 'old.py', change: 'modified' },
    { path: 'package.json', change: 'modified' },
    { path: 'src/a.ts', change: 'added' },
    { path: 'test/a.test.ts', change: 'modified' },
  ]);
});

test('a busy push has a report with everything in it', async () => {
  const made = await report(busyPush);
  expect(made).toMatchObject({
    title: 'mona pushed 3 commits to trunk/2026 of octo/ünïcode, changing 6 files',
    authors: [
      { name: 'mona', commits: 2 },
      { name: 'No Account', commits: 1 },
    ],
    kinds: { automation: 1, documentation: 1, code: 2, configuration: 1, tests: 1 },
    weight: 'medium',
    mirror: 'reachable',
  });
  expect(made['text']).toContain('- `b000000` 🎉 Party (No Account)');
});

test('the unreliable step fails as often as it is told, whatever process runs it', async () => {
  const attempt = (number: number): Promise<Run> =>
    runAction('examples/github/actions/check_mirror.sh', "failures='2'", { ATTUNE_ATTEMPT: String(number) });
  expect(await attempt(1)).toMatchObject({ exit_code: 1, stderr: 'The mirror did not answer attempt 1\n', stdout: '' });
  expect(await attempt(2)).toMatchObject({ exit_code: 1, stderr: 'The mirror did not answer attempt 2\n', stdout: '' });
  expect(await attempt(3)).toMatchObject({ exit_code: 0, data: { attempt: 3 } });
});
