import { expect, test } from 'vitest';
import { formatProblem } from '../errors.ts';
import type { FileMode, PackFile } from './files.ts';
import type { Known } from './known.ts';
import { nothingKnown } from './known.ts';
import { loadPack } from './load.ts';

/** A pack from texts; a path that ends in `*` is executable. */
function packOf(texts: Record<string, string | Uint8Array>): Map<string, PackFile> {
  return new Map(
    Object.entries(texts).map(([path, text]) => {
      const content = typeof text === 'string' ? new TextEncoder().encode(text) : text;
      const mode: FileMode = path.endsWith('*') ? 0o755 : 0o644;
      return [path.replace(/\*$/, ''), { content, mode }];
    }),
  );
}

const manifest = 'ref: tide\nversion: 1.0.0\n';
const level = `ref: tide.level
runner_type: python3
entry_point: level.py
output_schema: { metres: { type: number } }
parameters: { station: { type: string, required: true }, depth: { type: integer, default: 1 } }
`;
const push =
  'ref: tide.push\nwebhook: { hmac: { header: X-Hub-Signature-256, algorithm: sha256, prefix: sha256= }, dedup_header: X-Id }\n';
const rule = `ref: on_push
trigger_ref: push
action_ref: level
action_params: { station: "{{ event.payload.station }}" }
conditions: { expression: event.payload.n > 0 }
`;
const sound = {
  'pack.yaml': manifest,
  'actions/level.yaml': level,
  'actions/level.py': 'print(1)',
  'triggers/push.yaml': push,
  'rules/on_push.yaml': rule,
  'README.md': '# Tide',
};
const problemsOf = (texts: Record<string, string | Uint8Array>, known: Known = nothingKnown) =>
  loadPack(packOf(texts), known).problems.map(formatProblem);

test('a sound pack is answered whole: refs completed, aliases renamed, defaults filled, labels derived', () => {
  const { pack, problems } = loadPack(packOf(sound));
  expect(problems).toEqual([]);
  expect(pack?.manifest).toMatchObject({
    ref: 'tide',
    label: 'Tide',
    version: '1.0.0',
    conf_schema: {},
    system: false,
  });
  expect(pack?.actions).toEqual([
    {
      ref: 'tide.level',
      label: 'Level',
      description: null,
      runner_type: 'python',
      entry_point: 'level.py',
      workflow_file: null,
      parameters: { station: { type: 'string', required: true }, depth: { type: 'integer', default: 1 } },
      output: { metres: { type: 'number' } },
      parameter_delivery: 'stdin',
      parameter_format: 'json',
      output_format: 'text',
      timeout_seconds: null,
      on_worker_lost: 'fail',
      tags: [],
      examples: [],
    },
  ]);
  expect(pack?.triggers[0]).toMatchObject({
    enabled: true,
    webhook: { hmac: { header: 'x-hub-signature-256', algorithm: 'sha256', prefix: 'sha256=' }, dedup_header: 'x-id' },
  });
  expect(pack?.rules[0]).toMatchObject({
    ref: 'tide.on_push',
    trigger_ref: 'tide.push',
    action_ref: 'tide.level',
    label: 'On Push',
    enabled: true,
  });
  expect(pack?.files.map(({ path }) => path)).toEqual([
    'README.md',
    'actions/level.py',
    'actions/level.yaml',
    'pack.yaml',
    'rules/on_push.yaml',
    'triggers/push.yaml',
  ]);
  expect(pack?.digest).toMatch(/^[0-9a-f]{64}$/);
});

test('one broken file and nothing is loaded, with every problem of every file at once', () => {
  const texts = {
    ...sound,
    'pack.yaml': 'ref: tide\nversion: "1"\nauthr: me\n',
    'actions/level.yaml': level.replace('level.py', 'lvel.py').replace('type: integer', 'type: int'),
    'actions/broken.yaml': 'ref: [\n',
    'triggers/push.yaml': push.replace('algorithm: sha256', 'algorithm: md5'),
    'rules/on_push.yaml': rule.replace('action_ref: level', 'action_ref: levl'),
  };
  expect(loadPack(packOf(texts)).pack).toBeUndefined();
  expect(problemsOf(texts).map((text) => text.replace(/^(actions\/broken.yaml:\d+:\d+).*/, '$1'))).toEqual([
    'actions/broken.yaml:2:1',
    'actions/level.yaml:3:14: The pack has no file actions/lvel.py. Did you mean "level.py"?',
    'actions/level.yaml:5:73: "type" must be one of string, integer, number, boolean, array, object, null, not the text "int"',
    'pack.yaml:2:10: "version" must be a semantic version such as 1.0.0, not the text "1"',
    'pack.yaml:3:1: Unknown key "authr". Did you mean "author"?',
    'rules/on_push.yaml:3:13: There is no action tide.levl. Did you mean "tide.level"?',
    'triggers/push.yaml:2:60: "algorithm" must be one of sha256, sha512, sha1, not the text "md5"',
  ]);
});

test.each<[string, Record<string, string | Uint8Array>, string]>([
  ['no manifest', { 'README.md': '' }, 'pack.yaml: The pack has no pack.yaml'],
  ['a text that is not UTF-8', { 'pack.yaml': new Uint8Array([0xff]) }, 'pack.yaml:1:1: The file is not UTF-8 text'],
  [
    'a ref of another pack',
    {
      ...sound,
      'triggers/push.yaml': 'ref: tid.push\n',
      'rules/on_push.yaml': rule.replace('trigger_ref: push', 'trigger_ref: tid.push'),
    },
    'triggers/push.yaml:1:6: "tid.push" does not belong to the pack tide: its ref must begin with "tide."',
  ],
  [
    'a ref twice',
    { ...sound, 'triggers/push2.yaml': 'ref: tide.push\n' },
    'triggers/push2.yaml:1:6: "tide.push" is defined in triggers/push.yaml already',
  ],
  [
    'a short ref of an action',
    { ...sound, 'triggers/x.yml': 'ref: x\n' },
    'triggers/x.yml:1:6: "ref" must be a ref of the form pack.name (a-z, then a-z 0-9 _ -), not the text "x"',
  ],
  [
    'an unknown runner',
    { ...sound, 'actions/level.yaml': level.replace('python3', 'pyton') },
    'actions/level.yaml:2:14: "runner_type" must be shell, python, nodejs or native, not the text "pyton". Did you mean "python"?',
  ],
  [
    'no entry point',
    { ...sound, 'actions/level.yaml': level.replace('entry_point: level.py\n', '') },
    'actions/level.yaml:1:1: The key "entry_point" is missing; it must be a file in actions/',
  ],
  [
    'an entry point outside',
    { ...sound, 'actions/level.yaml': level.replace('level.py', '../pack.yaml') },
    'actions/level.yaml:3:14: "entry_point" must be a file in actions/, not "../pack.yaml"',
  ],
  [
    'a warm runner of a program that has no functions',
    { ...sound, 'actions/level.yaml': level.replace('python3', 'shell\nrunner: warm') },
    'actions/level.yaml:3:9: "runner: warm" needs runner_type python or nodejs, for nothing of a program of runner_type shell can be called.',
  ],
  [
    'what a process prints, where a function is called',
    { ...sound, 'actions/level.yaml': `${level}runner: warm\noutput_format: json\n` },
    'actions/level.yaml:7:1: "output_format" means nothing beside "runner: warm"',
  ],
  [
    'a native program that cannot be executed',
    { ...sound, 'actions/level.yaml': level.replace('python3', 'native') },
    'actions/level.yaml:3:14: actions/level.py must be executable (mode 0755), for runner_type native runs the file itself',
  ],
  [
    'a built-in outside core',
    { ...sound, 'actions/level.yaml': level.replace('level.py', 'builtin:echo').replace('python3', 'native') },
    'actions/level.yaml:3:14: Only the pack core has built-in entry points',
  ],
  [
    'a key that nothing carries out',
    { ...sound, 'actions/level.yaml': `${level}worker_selector: { zone: a }\n` },
    'actions/level.yaml:6:1: "worker_selector" is not carried out yet: leave it out',
  ],
  [
    'a folder that nothing carries out',
    { ...sound, 'sensors/x.yaml': 'ref: tide.x' },
    'sensors/x.yaml:1:1: Definitions in sensors/ are not carried out yet: leave the file out',
  ],
  [
    'a folder nearly right',
    { ...sound, 'rule/x.yaml': 'ref: x' },
    'rule/x.yaml:1:1: The folder rule/ is not read. Did you mean "rules/"?',
  ],
  [
    'a parameter missing',
    { ...sound, 'rules/on_push.yaml': rule.replace('station:', 'statoin:') },
    'rules/on_push.yaml:4:18: "statoin" is not a known name. Did you mean "station"?',
  ],
  [
    'a parameter of the wrong type',
    { ...sound, 'rules/on_push.yaml': rule.replace('action_params: { ', 'action_params: { depth: "5", ') },
    'rules/on_push.yaml:4:25: "depth" must be an integer, not the text "5"',
  ],
  [
    'an unknown operator',
    {
      ...sound,
      'rules/on_push.yaml': rule.replace(
        '{ expression: event.payload.n > 0 }',
        '[ { field: n, operator: equal, value: 1 } ]',
      ),
    },
    'rules/on_push.yaml:5:37: "operator" must be one of equals, not_equals, contains, not_contains, in,',
  ],
  [
    'an action that is disabled',
    { ...sound, 'actions/level.yaml': `${level}enabled: false\n` },
    'actions/level.yaml:6:10: An action cannot be disabled: disable the rules that use it, or remove it',
  ],
  [
    'configuration of the wrong type',
    { ...sound, 'pack.yaml': `${manifest}config_schema: { n: { type: integer, required: true } }\nconfig: { n: x }\n` },
    'pack.yaml:4:14: "n" must be an integer, not the text "x"',
  ],
  [
    'a webhook that does not say how it is protected',
    { ...sound, 'triggers/push.yaml': 'ref: tide.push\nwebhook: { dedup_header: x-id }\n' },
    'triggers/push.yaml:2:10: The key "hmac" is missing; it must be none, or a map with header and algorithm',
  ],
  [
    'an expression that cannot be parsed',
    { ...sound, 'rules/on_push.yaml': rule.replace('event.payload.n > 0', '"event.payload.n >"') },
    'rules/on_push.yaml:5:45: Expected a value',
  ],
  [
    'a name that an expression cannot know',
    { ...sound, 'rules/on_push.yaml': rule.replace('event.payload.n > 0', '1 < evnt.payload.n') },
    'rules/on_push.yaml:5:31: There is no "evnt" in a rule',
  ],
  [
    'a function that a template cannot know',
    {
      ...sound,
      'rules/on_push.yaml': rule.replace('{{ event.payload.station }}', '{{ lowr(event.payload.station) }}'),
    },
    'rules/on_push.yaml:4:31: There is no function "lowr"',
  ],
])('%s is refused', (_, texts, problem) => {
  const problems = problemsOf(texts);
  expect(problems).toContainEqual(expect.stringContaining(problem));
});

test('an action says that it is called in a process that executions share', () => {
  const runnerOf = (text: string) => {
    const { pack, problems } = loadPack(packOf({ ...sound, 'actions/level.yaml': text }));
    expect(problems).toEqual([]);
    return pack?.actions[0]?.runner;
  };
  expect(runnerOf(`${level}runner: warm\n`)).toBe('warm');
  expect(runnerOf(`${level}runner: process\n`)).toBeUndefined();
  expect(runnerOf(level)).toBeUndefined();
});

test('a webhook may go without proof only in so many words', () => {
  const { pack } = loadPack(packOf({ ...sound, 'triggers/push.yaml': 'ref: tide.push\nwebhook: { hmac: none }\n' }));
  expect(pack?.triggers[0]?.webhook).toEqual({ hmac: null, dedup_header: null });
});

test('rules may use what is registered, but not what the pack no longer has', () => {
  const known: Known = {
    action: (ref) =>
      ref === 'core.echo' || ref === 'tide.old' ? { parameters: { message: { type: 'string' } } } : undefined,
    trigger: () => undefined,
    refs: () => ['core.echo', 'tide.old'],
  };
  const using = (action: string) => ({
    ...sound,
    'rules/on_push.yaml': `ref: r\ntrigger_ref: push\naction_ref: ${action}\n`,
  });
  expect(problemsOf(using('core.echo'), known)).toEqual([]);
  expect(problemsOf(using('core.ech'), known)).toEqual([
    'rules/on_push.yaml:3:13: There is no action core.ech. Did you mean "core.echo"?',
  ]);
  expect(problemsOf(using('tide.old'), known)).toEqual(['rules/on_push.yaml:3:13: There is no action tide.old.']);
});

test('a pack beyond the limits, or with a path that leaves it, is not even read', () => {
  expect(problemsOf({ ...sound, '../x': '' })).toEqual(['The path "../x" is not allowed in a pack']);
  const { problems } = loadPack(packOf(sound), nothingKnown, { files: 5, file_bytes: 1e6, total_bytes: 1e6 });
  expect(problems).toEqual([{ message: 'A pack may have at most 5 files, not 6', code: 'wrong_file' }]);
});
