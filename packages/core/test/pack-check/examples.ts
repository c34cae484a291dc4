import type { ProblemCode } from '../../src/problem-code.ts';

/** A pack in which everything is right but one file. */
export interface Example {
  /** Path of the file that is not as it should be. */
  file: string;
  text: string;
}

const graphFile = 'actions/workflows/watch.workflow.yaml';

/** A graph whose `tasks` are these lines. */
const tasks = (...lines: string[]): Example => graph('tasks:', ...lines.map((line) => `  ${line}`));

const graph = (...lines: string[]): Example => ({
  file: graphFile,
  text: ['version: 1.0.0', ...lines].join('\n'),
});

const action = (...lines: string[]): Example => ({
  file: 'actions/level.yaml',
  text: ['ref: tide.level', 'entry_point: level.sh', ...lines].join('\n'),
});

/** For each code an example that has it, and no error of another. */
export const examples: Record<ProblemCode, Example> = {
  yaml_syntax: graph('tasks: [{ name: read, action: tide.level }'),
  yaml_tab: graph('tasks:', '\t- name: read'),
  yaml_indentation: tasks('- name: read', '   action: tide.level'),
  yaml_quotes: tasks('- name: read', '  action: tide.level', '  when: "north" in vars.stations'),
  yaml_template: tasks('- name: read', '  action: core.echo', '  input:', '    message: {{ parameters.station }}'),
  yaml_duplicate_key: tasks('- name: read', '  action: core.echo', '  action: core.noop'),
  yaml_value: graph('vars:', '  1: north', 'tasks:', '  - { name: read, action: core.noop }'),

  unknown_key: tasks('- name: read', '  action: core.noop', '  timout: 60'),
  missing_key: tasks('- action: core.noop'),
  wrong_type: tasks('- name: read', '  action: core.noop', '  timeout: 1 minute'),
  wrong_value: tasks('- name: read', '  action: core.noop', '  timeout: 0'),
  needs_quotes: { file: graphFile, text: 'version: 1.0\ntasks:\n  - { name: read, action: core.noop }' },
  unsupported: action('runtime_version: ">=3.10"'),
  useless_key: tasks('- name: read', '  action: core.noop', '  concurrency: 5'),

  missing_file: { file: 'actions/level.yaml', text: 'ref: tide.level\nentry_point: levl.sh' },
  wrong_file: { file: 'actions/level.yaml', text: 'ref: tide.level\nrunner_type: native\nentry_point: level.sh' },
  unread_file: { file: 'rule/on_flood.yaml', text: 'ref: on_flood' },
  foreign_ref: { file: 'triggers/ebb.yaml', text: 'ref: sea.ebb' },
  duplicate_ref: { file: 'triggers/high.yaml', text: 'ref: tide.flood' },
  unknown_ref: tasks('- { name: read, action: tide.levl }'),
  unchecked_ref: tasks('- { name: tell, action: mail.send }'),

  missing_parameter: tasks('- name: read', '  action: tide.level', '  input: { unit: m }'),
  unknown_parameter: tasks('- name: read', '  action: tide.level', '  input: { station: north, unti: m }'),
  wrong_parameter: tasks('- name: read', '  action: tide.level', '  input: { station: north, unit: yards }'),

  expression_syntax: tasks('- { name: read, action: core.noop, when: vars.n = 1 }'),
  unknown_name: tasks('- name: read', '  action: core.echo', '  input: { message: "{{ parameters.statoin }}" }'),
  unknown_function: tasks('- name: read', '  action: core.noop', '  when: len(parameters.station) > 3'),
  wrong_arguments: tasks('- name: read', '  action: core.noop', '  when: contains(parameters.station)'),
  wrong_operand: tasks('- name: tell', '  action: core.echo', '  input: { message: "{{ \'tries: \' + 3 }}" }'),
  never_computes: tasks('- name: read', '  action: core.noop', '  when: match("(", parameters.station)'),
  constant_condition: tasks(
    '- name: read',
    '  action: core.noop',
    '  next:',
    '    - { when: succeeded() and failed(), do: [noop] }',
  ),
  unknown_field: tasks(
    '- name: read',
    '  action: tide.level',
    '  input: { station: north }',
    '  next:',
    '    - { when: result().levle > 3, do: [noop] }',
  ),
  unrendered_template: tasks('- name: read', '  action: tide.level', '  input: { station: parameters.station }'),
  hidden_variable: graph('vars: { config: test }', 'tasks:', '  - { name: read, action: core.noop }'),
  unset_variable: tasks(
    '- name: read',
    '  action: core.noop',
    '  when: tries < 3',
    '  next:',
    '    - publish: [{ tries: 1 }]',
  ),

  reserved_name: tasks('- { name: noop, action: core.noop }'),
  duplicate_task: tasks('- { name: read, action: core.noop }', '- { name: read, action: core.echo }'),
  unknown_task: tasks(
    '- name: read',
    '  action: core.noop',
    '  next: [{ do: [tel] }]',
    '- { name: tell, action: core.noop }',
  ),
  join_too_large: tasks(
    '- name: read',
    '  action: core.noop',
    '  next: [{ do: [tell] }]',
    '- { name: tell, action: core.noop, join: 2 }',
  ),
  join_never_met: tasks(
    '- name: read',
    '  action: core.noop',
    '  next:',
    '    - { when: succeeded(), do: [store] }',
    '    - { when: not succeeded(), do: [warn] }',
    '- { name: store, action: core.noop, next: [{ do: [tell] }] }',
    '- { name: warn, action: core.noop, next: [{ do: [tell] }] }',
    '- { name: tell, action: core.noop, join: all }',
  ),
  wrong_retry: tasks('- name: read', '  action: core.noop', '  retry: { count: 3, delay: 30, max_delay: 10 }'),
  wrong_decision: tasks(
    '- name: read',
    '  action: core.noop',
    '  decision: [{ next: tell }]',
    '- { name: tell, action: core.noop }',
  ),
  wrong_items: tasks('- name: read', '  action: core.noop', '  with_items: "{{ parameters.station }}"'),
  unreachable_task: tasks(
    '- name: read',
    '  action: core.noop',
    '  next: [{ when: false and succeeded(), do: [tell] }]',
    '- { name: tell, action: core.noop }',
  ),
  unmeant_entry: tasks(
    '- { name: start, action: core.noop }',
    '- { name: probe, action: core.noop, next: [{ when: failed(), do: [nap] }] }',
    '- { name: nap, action: core.noop, next: [{ do: [probe] }] }',
  ),
  visits_too_few: graph(
    'max_visits: 1',
    'tasks:',
    '  - { name: probe, action: core.noop, next: [{ when: failed(), do: [probe] }] }',
  ),
  repeated_task: tasks(
    '- { name: probe, action: core.noop, next: [{ do: [probe, tell] }] }',
    '- { name: tell, action: core.noop }',
  ),
  secret_exposed: tasks('- name: tell', '  action: core.echo', '  input: { message: "{{ config.api_key }}" }'),
  loop: tasks(
    '- { name: probe, action: core.noop, next: [{ when: failed(), do: [nap] }] }',
    '- { name: nap, action: core.noop, next: [{ do: [probe] }] }',
  ),
};

/** The files around an example. */
export const around: Record<string, string> = {
  'pack.yaml': ['ref: tide', 'version: 1.0.0', 'conf_schema:', '  api_key: { type: string, secret: true }'].join('\n'),
  'actions/level.yaml': [
    'ref: tide.level',
    'entry_point: level.sh',
    'parameters:',
    '  station: { type: string, required: true }',
    '  unit: { type: string, enum: [m, ft] }',
    'output:',
    '  level: { type: number }',
  ].join('\n'),
  'actions/level.sh': '',
  'actions/watch.yaml': [
    'ref: tide.watch',
    'workflow_file: workflows/watch.workflow.yaml',
    'parameters:',
    '  station: { type: string, required: true }',
  ].join('\n'),
  [graphFile]: 'version: 1.0.0\ntasks:\n  - { name: read, action: core.noop }',
  'triggers/flood.yaml': 'ref: tide.flood',
};
