import type { Evaluation } from '../evaluation.ts';
import { parseNumber, toInteger, type Numeric } from '../number.ts';
import { textOf } from '../text.ts';
import { truthy, typeOf } from '../value.ts';
import { define } from './built-in.ts';

export const conversions = {
  string: define(['value: any'], 'string', (evaluation, value) => textOf(value, evaluation)),
  bool: define(['value: any'], 'bool', (_, value) => truthy(value)),
  number: define(['value: number|string|bool'], 'number', (evaluation, value) => numberOf(value, evaluation)),
  int: define(['value: number|string|bool'], 'number', (evaluation, value) =>
    toInteger(numberOf(value, evaluation), Math.trunc, evaluation),
  ),
  type_of: define(['value: any'], 'string', (_, value) => typeOf(value)),
};

function numberOf(value: Numeric | string | boolean, evaluation: Evaluation): Numeric {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'string') return value;
  evaluation.read(value.length);
  const parsed = parseNumber(value, evaluation);
  if (parsed !== undefined) return parsed;
  const shown = JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  return evaluation.fail('type', `${shown} is not a number; a number looks like 42, -1.5 or 1e3`);
}
