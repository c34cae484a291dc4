import { expect, test } from 'vitest';
import { parseJson, type JsonObject } from '../json.ts';
import { evaluate } from './evaluate.ts';
import { parseExpression } from './expression.ts';
import { errorOf, valueInRule } from './given.test-support.ts';
import { prove } from './prove.ts';
import { replay } from './replay.ts';
import { renderTemplate } from './render.ts';
import { scopeOf } from './scope.ts';

/** Everything JavaScript hangs on its values and offers to its code. None of it exists in an expression. */
const inherited = [
  ...[
    'constructor',
    '__proto__',
    'prototype',
    'toString',
    'toLocaleString',
    'valueOf',
    'hasOwnProperty',
    'isPrototypeOf',
  ],
  ...['propertyIsEnumerable', '__defineGetter__', '__defineSetter__', '__lookupGetter__', '__lookupSetter__', 'toJSON'],
  ...[
    'length',
    'name',
    'caller',
    'callee',
    'arguments',
    'apply',
    'call',
    'bind',
    'at',
    'concat',
    'filter',
    'map',
    'push',
  ],
  ...[
    'reduce',
    'join',
    'slice',
    'splice',
    'sort',
    'entries',
    'keys',
    'values',
    'charAt',
    'charCodeAt',
    'replace',
    'match',
  ],
  ...[
    'split',
    'sub',
    'big',
    'anchor',
    'toFixed',
    'toPrecision',
    'double',
    'then',
    'next',
    'return',
    'throw',
    'get',
    'set',
  ],
];

const globals = [
  ...[
    'globalThis',
    'window',
    'self',
    'global',
    'process',
    'require',
    'module',
    'exports',
    'import',
    'eval',
    'Function',
  ],
  ...['Object', 'Array', 'Reflect', 'Proxy', 'Symbol', 'Promise', 'Date', 'Math', 'JSON', 'RegExp', 'Error', 'fetch'],
  ...[
    'setTimeout',
    'queueMicrotask',
    'Buffer',
    'console',
    'this',
    'undefined',
    'NaN',
    'Infinity',
    'new',
    'async',
    'await',
  ],
];

const values: JsonObject = {
  object: { a: 1 },
  list: [1, 2],
  text: 'abc',
  number: 5,
  large: 9223372036854775807n,
  yes: true,
  nothing: null,
};
const containers = [
  ...Object.keys(values),
  '[1]',
  '"abc"',
  '(1.0)',
  'merge(object, object)',
  'split("a,b", ",")',
  'result()',
];
const functions = { result: () => ({ code: 0 }) };

const strict = scopeOf(values, 'error', functions);
const lenient = scopeOf(values, 'null', functions);

const attempts = [
  ...containers.flatMap((container) =>
    inherited.flatMap((key) => [
      `${container}.${key}`,
      `${container}["${key}"]`,
      `${container}["${key.slice(0, 2)}" + "${key.slice(2)}"]`,
    ]),
  ),
  ...[...inherited, ...globals],
];

test('no attempt reaches what is inherited: strictly it is an error, in a rule null', () => {
  for (const text of attempts) {
    expect(() => evaluate(parseExpression(text), strict), text).toThrow();
    if (['length', 'keys', 'values', 'name'].includes(text)) continue;
    expect(evaluate(parseExpression(text), lenient), text).toBeNull();
    const { value, proof } = prove(parseExpression(text), lenient);
    expect([value, replay(proof)], text).toEqual([null, null]);
  }
  expect(attempts.length).toBeGreaterThan(2_000);
});

test('nor does calling it', () => {
  for (const name of [...inherited, ...globals].filter((one) => one !== 'length')) {
    const text = `${name}("return 1")`;
    const { kind } = errorOf(() => evaluate(parseExpression(text), lenient));
    expect(['unknown_function', 'argument_count', 'type', 'parse'], text).toContain(kind);
    expect(errorOf(() => parseExpression(`object.${name}()`)).kind).toBe('parse');
    expect(errorOf(() => parseExpression(`object["${name}"]()`)).kind).toBe('parse');
  }
});

test('nor do functions that take keys', () => {
  for (const key of inherited) {
    expect(valueInRule(`get(object, "${key}", "none")`, values)).toBe('none');
    expect(valueInRule(`get(list, "${key}", "none")`, values)).toBe('none');
    expect(valueInRule(`get(text, ["${key}", "${key}"], "none")`, values)).toBe('none');
    expect(valueInRule(`"${key}" in object or contains(object, "${key}")`, values)).toBe(false);
  }
});

test('a key of the data may have any name, and stays data', () => {
  const data = parseJson('{"__proto__": {"polluted": true}, "constructor": "c", "toString": 1}');
  const names = { data, other: { a: 1 } };
  expect(valueInRule('data.__proto__.polluted', names)).toBe(true);
  expect(valueInRule('data.constructor', names)).toBe('c');
  const merged = valueInRule('merge(other, data)', names) as JsonObject;
  expect(Object.keys(merged).sort()).toEqual(['__proto__', 'a', 'constructor', 'toString']);
  expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
  expect(merged['polluted']).toBeUndefined();
  expect(valueInRule('merge(other, data).polluted', names)).toBeNull();
  const rendered = renderTemplate(parseJson('{"__proto__": {"x": "{{ other.a }}"}}'), scopeOf(names)) as JsonObject;
  expect(Object.getPrototypeOf(rendered)).toBe(Object.prototype);
  expect(Object.keys(rendered)).toEqual(['__proto__']);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test('names and functions of a scope are its own', () => {
  const scope = scopeOf(
    Object.create({ hidden: 1 }) as JsonObject,
    'error',
    Object.create({ secret: () => 1 }) as Record<string, () => number>,
  );
  expect(errorOf(() => evaluate(parseExpression('hidden'), scope)).kind).toBe('not_found');
  expect(errorOf(() => evaluate(parseExpression('secret()'), scope)).kind).toBe('unknown_function');
});
