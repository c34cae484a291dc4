import { expect, expectTypeOf, test } from 'vitest';
import { formatProblem } from '../errors.ts';
import { readYaml } from './document.ts';
import {
  anything,
  checkShape,
  choice,
  defaulted,
  flag,
  integer,
  list,
  map,
  optional,
  record,
  required,
  text,
  word,
} from './shape.ts';

const task = record({ name: required(text()), timeout: optional(integer(1, 3600)) });
const shape = record(
  {
    ref: required(text()),
    entry_point: optional(text()),
    conf_schema: defaulted(map(anything()), {}, 'config_schema'),
    enabled: defaulted(flag(), true),
    format: defaulted(word('json', 'yaml', 'dotenv'), 'json'),
    tasks: defaulted(list(task, { atLeast: 1 }), []),
    hmac: optional(choice('none or a map', [[(value) => value === 'none', word('none')]])),
  },
  { ignored: ['__chart_meta__'] },
);

const check = (yaml: string) => {
  const { value, problems } = checkShape(readYaml(yaml, 'a.yaml'), shape);
  return { value, problems: problems.map(formatProblem) };
};

test('a sound document is answered with aliases renamed and defaults filled', () => {
  const { value, problems } = check(
    'ref: x\nconfig_schema: { a: 1 }\ntasks: [ { name: t } ]\nentry_point:\n__chart_meta__: 1\n',
  );
  expect(problems).toEqual([]);
  expect(value).toEqual({ ref: 'x', conf_schema: { a: 1 }, enabled: true, format: 'json', tasks: [{ name: 't' }] });
  if (value) expectTypeOf(value.tasks).toExtend<{ name: string; timeout?: number | undefined }[]>();
});

test('the main name wins over its alias', () => {
  expect(check('ref: x\nconfig_schema: { a: 1 }\nconf_schema: { b: 2 }\n').value?.conf_schema).toEqual({ b: 2 });
});

test('everything wrong is reported at once, each with its place', () => {
  const yaml = [
    'entrypoint: run.sh',
    'enabled: "yes"',
    'format: jsn',
    'tasks:',
    '  - name: 5',
    '    timeout: 0',
    '  - nam: b',
    'hmac: sha1',
    'config_schema: []',
    'zzzzzzzz: 1',
  ].join('\n');
  expect(check(yaml).problems).toEqual([
    'a.yaml:1:1: Unknown key "entrypoint". Did you mean "entry_point"?',
    'a.yaml:10:1: Unknown key "zzzzzzzz".',
    'a.yaml:1:1: The key "ref" is missing; it must be a text',
    'a.yaml:9:16: "config_schema" must be a map, not a list',
    'a.yaml:2:10: "enabled" must be true or false, not the text "yes"; write true',
    'a.yaml:3:9: "format" must be one of json, yaml, dotenv, not the text "jsn". Did you mean "json"?',
    'a.yaml:5:11: "name" must be a text, not the number 5; put quotes around it: "5"',
    'a.yaml:6:14: "timeout" must be an integer from 1 to 3600, not the number 0',
    'a.yaml:7:5: Unknown key "nam". Did you mean "name"?',
    'a.yaml:7:5: The key "name" is missing; it must be a text',
    'a.yaml:8:7: "hmac" must be none or a map, not the text "sha1"',
  ]);
});

test('a file that is not YAML has its YAML problems only, a file of the wrong kind says so', () => {
  expect(check('a: [').problems).toHaveLength(1);
  expect(check('- 1').problems).toEqual(['a.yaml:1:1: The file must be a map, not a list']);
});
