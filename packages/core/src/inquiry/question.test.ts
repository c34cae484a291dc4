import { expect, test } from 'vitest';
import { askedIn, defaultPrompt, readQuestion } from './question.ts';

test('a question needs nothing but may say everything', () => {
  expect(readQuestion({}, '').question).toEqual({
    prompt: defaultPrompt,
    response_schema: null,
    assigned_to: null,
    timeout_seconds: null,
  });
  const whole = {
    prompt: 'Go?',
    response_schema: { go: { type: 'boolean', required: true } },
    assigned_to: 'anna',
    timeout_seconds: 60,
  };
  expect(readQuestion(whole, '').question).toEqual({ ...whole, assigned_to: { id: null, login: 'anna' } });
});

test('whoever is asked is named by id or by login', () => {
  const assigned = (assigned_to: string | number) => readQuestion({ assigned_to }, '').question?.assigned_to;
  expect(assigned(7)).toEqual({ id: '7', login: '7' });
  expect(assigned('7')).toEqual({ id: '7', login: '7' });
  expect(assigned('7 of 9')).toEqual({ id: null, login: '7 of 9' });
});

test.each([
  [{ prompt: 5 }, '/q/prompt'],
  [{ prompt: 'x'.repeat(10_001) }, '/q/prompt'],
  [{ promt: 'Go?' }, '/q/promt'],
  [{ response_schema: [] }, '/q/response_schema'],
  [{ response_schema: { go: { type: 'bool' } } }, '/q/response_schema/go/type'],
  [{ assigned_to: true }, '/q/assigned_to'],
  [{ assigned_to: 0 }, '/q/assigned_to'],
  [{ timeout_seconds: 'soon' }, '/q/timeout_seconds'],
  [{ timeout_seconds: 0 }, '/q/timeout_seconds'],
  ['Go?', '/q'],
])('%j is no question, and the place is named', (value, pointer) => {
  const { question, problems } = readQuestion(value, '/q');
  expect(question).toBeUndefined();
  expect(problems.map((problem) => problem.pointer)).toEqual([pointer]);
});

test('a result asks by a key of its output, and keeps the rest', () => {
  const result = { exit_code: 0, succeeded: true, data: { __inquiry: { prompt: 'Go?' }, size: 3 } };
  expect(askedIn(result)).toEqual({
    asked: { prompt: 'Go?' },
    rest: { exit_code: 0, succeeded: true, data: { size: 3 } },
  });
  expect(askedIn({ succeeded: true, data: { size: 3 } })).toBeUndefined();
  expect(askedIn({ succeeded: true, data: ['__inquiry'] })).toBeUndefined();
  expect(askedIn({ succeeded: true, __inquiry: {} })).toBeUndefined();
});
