import { expect, test } from 'vitest';
import { check } from './check.ts';
import { around } from './examples.ts';

const graphFile = 'actions/workflows/watch.workflow.yaml';

/** `line:column code` of everything said of a graph, loops left out. The first of the lines is line 3. */
function said(lines: string[], files: Record<string, string> = {}): string[] {
  const text = ['version: 1.0.0', 'tasks:', ...lines].join('\n');
  return check({ ...around, ...files, [graphFile]: text })
    .filter(({ code }) => code !== 'loop')
    .map(({ line, column, code }) => `${line}:${column} ${code}`);
}

const read = ['  - name: read', '    action: tide.level', '    input: { station: north }', '    next:'];

test.each<[string, string[], string[]]>([
  ['a field of the output', [...read, '      - { when: result().level > 3, do: [noop] }'], []],
  ['a field every result has', [...read, '      - { when: result().exit_code == 0, do: [noop] }'], []],
  ['a field that is asked for by get', [...read, '      - { when: \'get(result(), "tide", 0) > 3\', do: [noop] }'], []],
  ['a field below a known one', [...read, '      - { when: result().level.metres > 3, do: [noop] }'], []],
  ['an unknown field', [...read, '      - { when: result().tide > 3, do: [noop] }'], ['7:26 unknown_field']],
  [
    'an unknown field by the longer way',
    [...read, '      - { when: task.read.result.tide > 3, do: [noop] }'],
    ['7:34 unknown_field'],
  ],
  [
    'an unknown field in brackets',
    [...read, '      - { when: \'task["read"]["tide"] > 3\', do: [noop] }'],
    ['7:31 unknown_field'],
  ],
  [
    'a field of an action that does not say what it answers with',
    ['  - { name: a, action: core.echo, next: [{ when: result().anything, do: [noop] }] }'],
    [],
  ],
  [
    'a field where the task before has it not',
    [...read, '      - do: [tell]', '  - { name: tell, action: core.echo, input: { message: "{{ result().tide }}" } }'],
    ['8:69 unknown_field'],
  ],
  [
    'a field where one of two tasks before may have it',
    [
      ...read,
      '      - do: [tell]',
      '  - { name: other, action: core.echo, next: [{ do: [tell] }] }',
      '  - { name: tell, action: core.echo, input: { message: "{{ result().tide }}" } }',
    ],
    [],
  ],
  [
    'a field of the list that a task with items answers with',
    [
      '  - name: read',
      '    action: tide.level',
      '    with_items: "{{ [1, 2] }}"',
      '    input: { station: "{{ string(item) }}" }',
      '    next: [{ when: result().level > 3, do: [noop] }, { when: "result()[0].level > 3", do: [noop] }]',
    ],
    ['7:29 unknown_field'],
  ],
  [
    'a key of the configuration',
    ['  - { name: a, action: core.noop, when: config.api_kee == 1 }'],
    ['3:48 unknown_field'],
  ],
])('%s', (_, lines, expected) => expect(said(lines)).toEqual(expected));

test('the result of a nested workflow has the keys of its output_map, and no others', () => {
  const nested = {
    'workflows/sum.yaml':
      'ref: tide.sum\nversion: 1.0.0\ntasks: [{ name: a, action: core.noop }]\noutput_map: { total: "{{ 1 }}" }\n',
  };
  const lines = ['  - name: sum', '    action: tide.sum', '    next:'];
  const sound = [...lines, '      - when: result().total > 1 and result().succeeded'];
  expect(said(sound, nested)).toEqual([]);
  expect(said([...lines, '      - when: result().sum > 1'], nested)).toEqual(['6:24 unknown_field']);
  expect(said([...lines, '      - when: result().stdout == ""'], nested)).toEqual(['6:24 unknown_field']);
});

const noop = (name: string, more: string): string => `  - { name: ${name}, action: core.noop, ${more} }`;

test.each<[string, string[], string[]]>([
  [
    'a variable that another branch may have set',
    [noop('a', 'next: [{ publish: [{ n: 1 }] }]'), noop('b', 'when: n > 1')],
    [],
  ],
  [
    'a variable that only a later task sets',
    [noop('a', 'when: n > 1, next: [{ do: [b] }]'), noop('b', 'next: [{ publish: [{ n: 1 }] }]')],
    ['3:41 unset_variable'],
  ],
  [
    'the same, asked for by get',
    [noop('a', 'when: \'get(workflow, "n", 0) > 1\', next: [{ do: [b] }]'), noop('b', 'next: [{ publish: [n] }]')],
    [],
  ],
  [
    'the same behind a guard',
    [noop('a', 'when: succeeded() and n > 1, next: [{ do: [b] }]'), noop('b', 'next: [{ publish: [n] }]')],
    [],
  ],
  ['a variable that an earlier transition set', [noop('a', 'next: [{ publish: [n] }, { when: n.x }]')], []],
  [
    'a variable that a later transition sets',
    [noop('a', 'next: [{ when: n.x }, { publish: [n] }]')],
    ['3:50 unset_variable'],
  ],
  [
    'a variable that the same entry sets',
    [noop('a', 'next: [{ publish: [{ n: 1, m: "{{ n }}" }] }]')],
    ['3:69 unset_variable'],
  ],
  ['a variable that the entry before sets', [noop('a', 'next: [{ publish: [{ n: 1 }, { m: "{{ n }}" }] }]')], []],
  [
    'a variable of the loop before its first round',
    [noop('a', 'when: n < 3, next: [{ publish: [{ n: 1 }], do: [a] }]')],
    ['3:41 unset_variable'],
  ],
])('%s', (_, lines, expected) => expect(said(lines)).toEqual(expected));

const branches = (one: string, other: string, more: string[] = []): string[] => [
  '  - name: start',
  '    action: core.noop',
  '    next:',
  `      - { ${one}do: [left] }`,
  `      - { ${other}do: [right] }`,
  noop('left', 'next: [{ do: [end] }]'),
  noop('right', 'next: [{ do: [end] }]'),
  ...more,
  noop('end', 'join: all'),
];

test.each<[string, string[], boolean]>([
  ['two branches that may both fire', branches('when: result().a, ', 'when: result().b, '), false],
  ['without conditions', branches('', ''), false],
  ['one always', branches('when: failed(), ', ''), false],
  ['outcomes', branches('when: succeeded(), ', 'when: failed(), '), true],
  ['contraries', branches('when: result().a, ', 'when: not result().a, '), true],
  ['values', branches('when: result().a == 1, ', 'when: result().a == 2, '), true],
  ['numbers apart', branches('when: result().a < 1, ', 'when: result().a > 2, '), true],
  ['numbers that overlap', branches('when: result().a < 3, ', 'when: result().a > 2, '), false],
  [
    'a third branch that leads to both',
    branches('when: succeeded(), ', 'when: failed(), ', [noop('third', 'next: [{ do: [left, right] }]')]),
    false,
  ],
  [
    'another way that never fires',
    branches('when: succeeded(), ', 'when: failed(), ', [
      noop('third', 'next: [{ when: skipped(), do: [left, right] }]'),
    ]),
    true,
  ],
])('a join behind branches: %s', (_, lines, isNeverMet) => {
  expect(said(lines).some((one) => one.endsWith('join_never_met'))).toBe(isNeverMet);
});

test('a join in a loop is met by what one iteration brings', () => {
  const loop = (one: string, other: string): string[] => [
    '  - name: head',
    '    action: core.noop',
    '    next:',
    `      - { ${one}, do: [left] }`,
    `      - { ${other}, do: [right] }`,
    noop('left', 'next: [{ do: [end] }]'),
    noop('right', 'next: [{ do: [end] }]'),
    noop('end', 'join: all, next: [{ do: [head] }]'),
  ];
  expect(said(loop('when: succeeded()', 'when: failed()'))).toEqual(['10:43 join_never_met']);
  expect(said(loop('when: succeeded()', 'when: 1 == 1'))).toEqual(['7:17 constant_condition']);
});

test('which of several rounds brings what is not told', () => {
  // `end` is outside of the loop: one round may lead to `left`, the next to `right`.
  const lines = [
    '  - name: head',
    '    action: core.noop',
    '    next:',
    '      - { when: succeeded(), do: [left, head] }',
    '      - { when: failed(), do: [right] }',
    noop('left', 'join: 1, next: [{ do: [end] }]'),
    noop('right', 'join: 1, next: [{ do: [end] }]'),
    noop('other', 'next: [{ do: [end] }]'),
    noop('end', 'join: 3'),
  ];
  expect(said(lines)).toEqual([]);
});

test.each<[string, string, string[]]>([
  ['a name that is a text', 'message: parameters', []],
  ['a sentence', 'message: "task.done is good"', []],
  ['a version', 'message: tide.level', []],
  ['a path', 'message: task.start.stdout', ['5:23 unrendered_template']],
  ['an open template', 'message: "a {{ b"', ['5:26 unrendered_template']],
  ['a template', 'message: "{{ parameters.station }}"', []],
])('a text in an input: %s', (_, input, expected) => {
  expect(said(['  - name: start', '    action: core.echo', `    input: { ${input} }`])).toEqual(expected);
});

test('parameters have the types of their definitions', () => {
  const typed = {
    'actions/watch.yaml': [
      around['actions/watch.yaml'],
      '  limit: { type: integer, default: 3 }',
      '  hosts: { type: array }',
      '  any: {}',
    ].join('\n'),
  };
  const when = (condition: string): string[] => said([noop('a', `when: '${condition}'`)], typed);
  expect(when('parameters.limit + 1 > 3 and parameters.hosts[0] == 1 and parameters.any > 2')).toEqual([]);
  expect(when('parameters.limit > "3"')).toEqual(['3:59 wrong_operand']);
  expect(when('length(parameters.limit) > 3')).toEqual(['3:49 wrong_operand']);
  expect(when('succeeded() > 1')).toEqual(['3:54 wrong_operand']);
  // What may be left out is perhaps a list, and perhaps null.
  expect(when('parameters.hosts > 3')).toEqual(['3:59 wrong_operand']);
  expect(when('parameters.hosts == null')).toEqual([]);
});

test('a loop that nothing outside leads to may begin a file, and be all of it', () => {
  const loop = [noop('probe', 'next: [{ when: failed(), do: [nap] }]'), noop('nap', 'next: [{ do: [probe] }]')];
  expect(said([...loop, noop('other', 'delay: 1')])).toEqual([]);
  expect(said([noop('other', 'delay: 1'), ...loop])).toEqual(['4:13 unmeant_entry']);
  expect(said([noop('other', 'next: [{ do: [probe] }]'), ...loop])).toEqual([]);
});

test('one broken file does not make what refers to it look wrong', () => {
  const findings = check({
    ...around,
    'actions/level.yaml': 'ref: tide.level\nentry_point: [\n',
    'triggers/flood.yaml': 'ref: tide.flood\nenabled: perhaps\n',
    'rules/r.yaml': 'ref: r\ntrigger_ref: flood\naction_ref: level\naction_params: { station: 1 }\n',
    [graphFile]: 'version: 1.0.0\ntasks: [{ name: a, action: tide.level, input: { any: 1 }, nxt: 1 }]',
  });
  expect(findings.map(({ file, code }) => `${file} ${code}`)).toEqual([
    'actions/level.yaml yaml_syntax',
    `${graphFile} unknown_key`,
    'triggers/flood.yaml wrong_type',
  ]);
});

test('rules are looked at, too', () => {
  const findings = check({
    ...around,
    'rules/r.yaml': [
      'ref: r',
      'trigger_ref: flood',
      'action_ref: level',
      'conditions:',
      '  - { expression: 1 == 1 }',
      '  - { any: [{ expression: event.payload.n > 1 }, { expression: "false" }] }',
      'action_params:',
      '  station: event.payload.station',
      '  unit: "{{ config.api_key }}"',
    ].join('\n'),
  });
  expect(findings.map(({ line, column, code }) => `${line}:${column} ${code}`)).toEqual([
    '5:19 constant_condition',
    '6:65 constant_condition',
    '8:12 unrendered_template',
    '9:9 secret_exposed',
  ]);
});
