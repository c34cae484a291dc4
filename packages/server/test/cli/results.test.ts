import type { Execution } from '@attune/client';
import { beforeAll, expect, test } from 'vitest';
import { pushPayload } from '../../../../testing/github.ts';
import { until } from '../../../../testing/until.ts';
import { openSite, startLimitMs, type Site } from './attune.test-support.ts';

/** An action that says one thing, waits until it is let go, and says another. */
const stepwise = {
  'stepwise/pack.yaml': 'ref: stepwise\nlabel: Stepwise\nversion: 1.0.0\n',
  'stepwise/actions/speak.yaml': [
    'ref: stepwise.speak',
    'runner_type: shell',
    'entry_point: speak.sh',
    'parameter_delivery: stdin',
    'parameter_format: dotenv',
    'output_format: text',
    'parameters:',
    '  gate: { type: string, required: true }',
    '',
  ].join('\n'),
  'stepwise/actions/speak.sh': [
    '#!/bin/sh',
    'while IFS= read -r line; do case "$line" in gate=*) gate=${line#gate=}; esac; done',
    'gate=$(printf \'%s\' "$gate" | tr -d "\'\\"")',
    'echo one',
    'echo aside >&2',
    'while [ ! -e "$gate" ]; do sleep 0.05; done',
    'printf two',
    '',
  ].join('\n'),
};

let site: Site;
beforeAll(async () => {
  site = await openSite();
  await site.write(stepwise);
  await site.json(['pack', 'register', 'stepwise']);
  return () => site[Symbol.asyncDispose]();
}, startLimitMs);

test('execute prints the new execution; with --wait its end decides the exit code', async () => {
  const created = await site.json<Execution>(['action', 'execute', 'core.echo', '--param', 'message=hello']);
  expect(created).toMatchObject({ action_ref: 'core.echo', config: { message: 'hello' } });
  const completed = await site.run(['action', 'execute', 'core.echo', '--param', 'message=hello', '--wait']);
  expect(completed.exit).toBe(0);
  expect(completed.stdout).toMatch(/^status +completed$/m);
  const failed = await site.run(['action', 'execute', 'core.noop', '--param', 'exit_code=3', '--wait', '-o', 'json']);
  expect(failed.exit).toBe(1);
  expect(JSON.parse(failed.stdout)).toMatchObject({ status: 'failed', result: { exit_code: 3 } });
  expect(failed.stderr).toMatch(/^Execution \d+ failed: /);
});

test('integers keep all their digits on the way there and back', async () => {
  const args = ['event', 'send', 'github.report_ready', '--payload', '{"id": 9007199254740993}', '-o', 'json'];
  const sent = await site.run(args);
  expect([sent.exit, sent.stderr]).toEqual([0, '']);
  const { id } = JSON.parse(sent.stdout) as { id: string };
  expect((await site.run(['event', 'show', id, '-o', 'json'])).stdout).toContain('"id": 9007199254740993');
  expect((await site.run(['event', 'show', id, '--payload'])).stdout).toMatch(/^ {2}id: 9007199254740993$/m);
});

test('what is wrong with parameters is told by place, and nothing starts', async () => {
  const before = await site.json<Execution[]>(['execution', 'list', '--limit', '1']);
  const refused = await site.run(['action', 'execute', 'core.sleep', '--param', 'seconds=soon']);
  expect([refused.exit, refused.stdout]).toEqual([2, '']);
  expect(refused.stderr).toContain('/parameters/seconds: ');
  const text = await site.run(['action', 'execute', 'core.echo', '--param', 'message=12']);
  expect(text.exit).toBe(2);
  expect(text.stderr).toContain(`as text it is --param 'message="12"'`);
  const unknown = await site.run(['action', 'execute', 'core.ecko']);
  expect(unknown.exit).toBe(4);
  expect(unknown.stderr).toContain("There is no action 'core.ecko'");
  expect(await site.json<Execution[]>(['execution', 'list', '--limit', '1'])).toEqual(before);
});

test('logs are followed while an action runs, each stream to its own', async () => {
  const gate = `${site.folder}/gate-of-logs`;
  const { id } = await site.json<Execution>(['action', 'execute', 'stepwise.speak', '--param', `gate=${gate}`]);
  const logs = site.start(['execution', 'logs', id, '--follow']);
  await until('its first line is there', () => logs.written().stdout.includes('one'));
  await site.write({ 'gate-of-logs': '' });
  expect(await logs.ended).toEqual({ exit: 0, stdout: 'one\ntwo', stderr: 'aside\n' });
  expect(await site.json(['execution', 'logs', id, '--stream', 'stderr'])).toEqual([
    { execution: id, task_name: null, stream: 'stderr', text: 'aside\n' },
  ]);
});

test('a watched execution tells its changes and lines on standard error where that is no terminal', async () => {
  await site.write({ 'open-gate': '' });
  const gate = `${site.folder}/open-gate`;
  const { exit, stdout, stderr } = await site.run([
    ...['action', 'execute', 'stepwise.speak', '--param', `gate=${gate}`],
    ...['--watch', '-o', 'json'],
  ]);
  expect(exit).toBe(0);
  const { id } = JSON.parse(stdout) as Execution;
  const lines = stderr.trimEnd().split('\n');
  for (const said of ['one', 'two', 'aside']) expect(lines).toContain(`${id} stepwise.speak | ${said}`);
  expect(lines.at(-1)).toMatch(new RegExp(`^${id} stepwise.speak: completed after `));
});

test('--timeout and Ctrl-C end the wait, not the execution', async () => {
  const sleep = ['action', 'execute', 'core.sleep', '--param', 'seconds=600', '--wait'];
  const late = await site.run([...sleep, '--timeout', '0.2']);
  expect(late.exit).toBe(124);
  const id = /Execution (\d+) goes on/.exec(late.stderr)?.[1] ?? '';
  const waiting = site.start(['execution', 'show', id, '--watch']);
  await until('it is watched', () => waiting.written().stderr.includes('core.sleep'));
  waiting.child.kill('SIGINT');
  const interrupted = await waiting.ended;
  expect([interrupted.exit, interrupted.stdout]).toEqual([130, '']);
  expect(interrupted.stderr).toContain(`Execution ${id} goes on`);
  await until('it runs', async () => (await site.json<Execution>(['execution', 'show', id])).status === 'running');
  expect(await site.run(['execution', 'cancel', id, '--wait'])).toMatchObject({
    exit: 0,
    stdout: `Execution ${id} is cancelled\n`,
  });
  expect(await site.run(['execution', 'cancel', id])).toMatchObject({ exit: 0 });
});

test('a webhook is sent signed; the tree shows its workflow, and a push elsewhere is explained', async () => {
  const push = pushPayload();
  await site.write({
    'push.json': JSON.stringify(push),
    'topic.json': JSON.stringify({ ...push, ref: 'refs/heads/topic' }),
  });
  const send = (file: string) =>
    site.run(['webhook', 'send', 'github.push', '--file', file, '--header', 'x-github-event=push', '--wait']);
  const answered = await send('push.json');
  expect(answered).toMatchObject({ exit: 0, stderr: '' });
  expect(answered.stdout).toMatch(/✓ execution \d+ {2}github\.process_push {2}completed/);
  const tree = await site.run(['execution', 'tree', 'latest']);
  expect(tree.stdout.split('\n')[0]).toMatch(/^✓ github\.process_push {2}completed {2}\S+ {2}#\d+$/);
  expect(tree.stdout).toMatch(/^[├└]─ ✗ check_mirror {2}failed/m);
  expect(tree.stdout).toMatch(/^[├└]─ ✓ check_mirror \(attempt 2\) {2}completed/m);
  const run = /#(\d+)$/.exec(tree.stdout.split('\n')[0] ?? '')?.[1] ?? '';
  const logs = await site.run(['execution', 'logs', run]);
  expect(logs.stdout.split('\n')).toContain('check_mirror | The mirror did not answer attempt 1');
  expect(await send('topic.json')).toMatchObject({ exit: 0 });
  const why = await site.run(['event', 'show', 'latest']);
  const branch = push.repository.default_branch;
  expect(why.stdout).toContain(
    `✗ github.on_push_default  event.payload.ref == "refs/heads/" + event.payload.repository.default_branch  is false:  "refs/heads/topic" == "refs/heads/${branch}"`,
  );
});

test('a rule is switched off and on', async () => {
  expect((await site.run(['rule', 'disable', 'github.on_report_ready'])).stdout).toBe(
    'Rule github.on_report_ready is disabled\n',
  );
  expect((await site.run(['rule', 'list', '--disabled'])).stdout).toContain('github.on_report_ready');
  expect(await site.json(['rule', 'enable', 'github.on_report_ready'])).toMatchObject({ enabled: true });
});

test('a pack with faults is registered not at all, and every fault is listed with its place', async () => {
  await site.write({
    'broken/pack.yaml': 'ref: broken\nversion: 1.0.0\nlable: Broken\n',
    'broken/actions/a.yaml': 'ref: broken.a\nrunner_type: shell\nentry_point: missing.sh\n',
  });
  const refused = await site.run(['pack', 'register', 'broken']);
  expect([refused.exit, refused.stdout]).toEqual([2, '']);
  expect(refused.stderr).toMatch(/^ {2}pack\.yaml:3:1: .*label/m);
  expect(refused.stderr).toMatch(/^ {2}actions\/a\.yaml:3:\d+: .*missing\.sh/m);
  expect(await site.run(['pack', 'show', 'broken'])).toMatchObject({ exit: 4 });
  expect(await site.run(['pack', 'register', 'nowhere'])).toMatchObject({ exit: 4 });
});

test('a reader that has seen enough ends the command quietly', async () => {
  const listing = site.start(['action', 'list']);
  listing.child.stdout.destroy();
  expect(await listing.ended).toMatchObject({ exit: 0, stderr: '' });
});

test("db and server are the server's own", async () => {
  const help = await site.run(['db', '--help']);
  expect([help.exit, help.stderr]).toEqual([0, '']);
  expect(help.stdout).toContain('attune db rehearse');
  expect((await site.run(['server', 'nonsense'])).exit).toBe(2);
});
