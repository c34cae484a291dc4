import { describe, expect, test } from 'vitest';
import { formatProblem } from '../../errors.ts';
import { readYaml } from '../../yaml/document.ts';
import { parseWorkflow } from '../file/parse.ts';
import type { FlatSchema } from '../../schema/flat-schema.ts';
import { secretFlows, sourcesKnown, type KnownSchemas } from './secret-flows.ts';
import { secretsOf } from './secrets.ts';

const secret = { type: 'string', secret: true };
const actions: Record<string, { parameters: FlatSchema | null; output?: FlatSchema | null }> = {
  'a.say': { parameters: { text: { type: 'string' }, token: secret, nested: { properties: { pin: secret } } } },
  'a.any': { parameters: null },
  'a.make': { parameters: {}, output: { token: secret, id: { type: 'integer' } } },
  'a.list': { parameters: {}, output: { hosts: { type: 'array', items: { properties: { key: secret } } } } },
};
const known: KnownSchemas = {
  config: { url: { type: 'string' }, api_key: secret },
  action: (ref) => (Object.hasOwn(actions, ref) ? actions[ref] : undefined),
};

function workflow(tasks: string, more = '') {
  const text = `
ref: a.flow
label: Flow
version: 1.0.0
parameters:
  user: { type: string }
  token: { type: string, secret: true }
  login: { type: object, properties: { name: { type: string }, password: { type: string, secret: true } } }
vars: { kept: null, other: null, third: null, cred: null }
${more}
tasks:
${tasks}`;
  const parsed = parseWorkflow(readYaml(text, 'flow.yaml'));
  if (parsed.workflow === undefined) throw new Error(parsed.problems.map(formatProblem).join('\n'));
  return parsed.workflow;
}

/** Where secrets would be exposed, as `pointer <- source`. */
const exposed = (tasks: string, more = ''): string[] =>
  secretFlows(workflow(tasks, more), known).map(({ pointer, message }) => {
    const source = /(?:receive|show) (\S+), which is secret/.exec(message)?.[1];
    return `${pointer} <- ${source ?? message}`;
  });

const one = (input: string): string[] => exposed(`  - { name: a, action: a.say, input: ${input} }`);

describe('a task exposes a secret that it puts into a parameter not marked so', () => {
  test.for<[string, string[]]>([
    ['{ text: "{{ parameters.user }}", token: "{{ parameters.token }}" }', []],
    ['{ text: "{{ parameters.token }}" }', ['/tasks/0/input/text <- parameters.token']],
    [
      '{ text: "user {{ parameters.user }} token {{ parameters.token }}" }',
      ['/tasks/0/input/text <- parameters.token'],
    ],
    ['{ text: "{{ lower(parameters[\'token\']) }}" }', ['/tasks/0/input/text <- parameters.token']],
    ['{ text: "{{ get(parameters, \'token\', 1) }}" }', ['/tasks/0/input/text <- parameters.token']],
    ['{ text: "{{ parameters[parameters.user] }}" }', ['/tasks/0/input/text <- parameters.token']],
    ['{ text: "{{ parameters.login.name }}" }', []],
    ['{ text: "{{ parameters.login.password }}" }', ['/tasks/0/input/text <- parameters.login.password']],
    ['{ text: "{{ config.url }}", token: "{{ config.api_key }}" }', []],
    ['{ text: "{{ config.api_key }}" }', ['/tasks/0/input/text <- config.api_key']],
    ['{ text: "{{ keystore.github }}" }', ['/tasks/0/input/text <- keystore.github']],
    ['{ text: "{{ keystore[\'a.b\'] }}" }', ['/tasks/0/input/text <- keystore.a.b']],
    ['{ token: "{{ keystore.github }}" }', []],
    ['{ nested: { pin: "{{ keystore.pin }}" } }', []],
    ['{ nested: { other: "{{ keystore.pin }}" } }', ['/tasks/0/input/nested/other <- keystore.pin']],
    ['{ nested: ["{{ keystore.pin }}"] }', ['/tasks/0/input/nested/0 <- keystore.pin']],
  ])('%s', ([input, expected]) => {
    expect(one(input)).toEqual(expected);
  });

  test('with "inherit", and for an action that takes anything', () => {
    expect(exposed('  - { name: a, action: a.say, input: inherit }')).toEqual([]);
    expect(exposed('  - { name: a, action: a.any, input: inherit }')).toEqual([
      '/tasks/0/input/token <- parameters.token',
      '/tasks/0/input/login/password <- parameters.login.password',
    ]);
    expect(exposed('  - { name: a, action: a.any, input: { x: "{{ parameters.token }}" } }')).toEqual([
      '/tasks/0/input/x <- parameters.token',
    ]);
  });

  test('through results: by task, by result(), by an index, and as a part of what is handed on whole', () => {
    const after = (input: string): string[] =>
      exposed(`
  - { name: make, action: a.make, next: [ { do: [a] } ] }
  - { name: a, action: a.say, input: ${input} }`);
    expect(after('{ text: "{{ task.make.id }} {{ result().id }}" }')).toEqual([]);
    for (const read of [
      'task.make.token',
      'tasks.make.data.token',
      'task.make.result.token',
      'result().token',
      'result()',
      'result()[0].token',
      'result().0.token',
      'task.make',
      'task',
      'result().stdout',
    ]) {
      expect(after(`{ text: "{{ ${read} }}" }`), read).not.toEqual([]);
    }
  });

  test('through variables, whatever the way and the order of the file', () => {
    const flows = exposed(`
  - { name: a, action: a.say, input: { text: "{{ workflow.third }}" } }
  - { name: b, action: a.say, input: { text: "{{ cred.name }}" } }
  - { name: c, action: a.say, input: { text: "{{ vars.cred.pass }}", token: "{{ variables.third }}" } }
  - name: d
    action: a.make
    next:
      - publish: [ { third: "{{ other + '!' }}" }, { cred: { name: "{{ parameters.user }}", pass: "{{ parameters.token }}" } } ]
      - publish: [ { kept: "{{ result().token }}" }, { other: "{{ workflow.kept }}" } ]`);
    expect(flows).toEqual(['/tasks/0/input/text <- task.d.token', '/tasks/2/input/text <- parameters.token']);
  });

  test('through a variable that takes a whole result: only where the secret is in it', () => {
    const after = (read: string): string[] =>
      exposed(`
  - { name: make, action: a.make, next: [ { publish: [kept], do: [a] } ] }
  - { name: a, action: a.say, input: { text: "{{ ${read} }}" } }`);
    expect(after('kept.id')).toEqual([]);
    expect(after('kept.token')).toEqual(['/tasks/1/input/text <- task.make.token']);
    expect(after('kept')).toEqual(['/tasks/1/input/text <- task.make.token']);
  });

  test('through a variable that is put into itself, without end', () => {
    const definition = workflow(`
  - name: d
    action: a.make
    next: [ { publish: [ { kept: { inner: "{{ workflow.kept }}", pass: "{{ parameters.token }}" } } ] } ]`);
    const secrets = secretsOf(definition, sourcesKnown(definition, known));
    expect([...secrets.variables]).toEqual([['kept', 'parameters.token']]);
  });

  test('through the items of a list that a secret stands in', () => {
    const items = (list: string, input: string): string[] =>
      exposed(`
  - { name: list, action: a.list, next: [ { do: [a] } ] }
  - { name: a, action: a.say, with_items: "{{ ${list} }}", input: ${input} }`);
    expect(items('task.list.hosts', '{ text: "{{ item.name }}" }')).toEqual(['/tasks/1/input/text <- task.list.hosts']);
    expect(items('task.list.hosts', '{ token: "{{ item.key }}", text: "{{ index }}" }')).toEqual([]);
    expect(items('[1, 2]', '{ text: "{{ item }}" }')).toEqual([]);
  });
});

test('the output_map exposes what the output does not mark', () => {
  const more = (output: string) =>
    `output: ${output}\noutput_map: { url: "{{ config.url }}", key: "{{ keystore.x }}" }`;
  const task = '  - { name: a, action: a.say }';
  expect(exposed(task, more('{ url: { type: string } }'))).toEqual(['/output_map/key <- keystore.x']);
  expect(exposed(task, more('{ key: { secret: true } }'))).toEqual([]);
});

test('an action that is not known is none of this', () => {
  expect(exposed('  - { name: a, action: a.gone, input: { x: "{{ keystore.x }}" } }')).toEqual([]);
});

test('messages name the parameter, the source and the remedy', () => {
  const [flow] = secretFlows(workflow('  - { name: a, action: a.say, input: { text: "{{ keystore.x }}" } }'), known);
  expect(flow?.message).toBe(
    'The parameter "text" of \'a.say\' would receive keystore.x, which is secret, but is not marked so;' +
      ' mark it "secret: true" in the action\'s schema, or leave the secret out',
  );
});
