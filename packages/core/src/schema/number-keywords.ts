import type { Json } from '../json.ts';
import type { JsonSchema } from '../yaml/json-schema.ts';
import type { Shape } from '../yaml/shape.ts';
import { describe } from '../yaml/shape.ts';
import { keyword, type Keyword } from './keyword.ts';
import type { Visit } from './visit.ts';

type Numeric = number | bigint;

const isNumeric = (value: Json): value is Numeric => typeof value === 'number' || typeof value === 'bigint';

const numeric = (
  test: (value: Numeric) => boolean = () => true,
  expected = 'a number',
  bound: JsonSchema = {},
): Shape<Numeric> => ({
  expected,
  schema: () => ({ type: 'number', ...bound }),
  read: (value, pointer, report) => {
    if (isNumeric(value) && test(value)) return value;
    report(
      pointer,
      `"${pointer.slice(pointer.lastIndexOf('/') + 1)}" must be ${expected}, not ${describe(value)}`,
      isNumeric(value) ? 'wrong_value' : 'wrong_type',
    );
    return undefined;
  },
});

/** A bound: JavaScript compares a bigint with a number exactly. */
const bound = (holds: (value: Numeric, limit: Numeric) => boolean, words: string): Keyword =>
  keyword(numeric(), (limit, value, visit) => {
    if (isNumeric(value) && !holds(value, limit))
      visit.fail(`must be ${words} ${limit.toString()}, not ${visit.shown(value)}`);
  });

export const numberKeywords: Record<string, Keyword> = {
  minimum: bound((value, limit) => value >= limit, 'at least'),
  maximum: bound((value, limit) => value <= limit, 'at most'),
  exclusiveMinimum: bound((value, limit) => value > limit, 'more than'),
  exclusiveMaximum: bound((value, limit) => value < limit, 'less than'),
  multipleOf: keyword(
    numeric((value) => value > 0, 'a number above 0', { exclusiveMinimum: 0 }),
    (step, value, visit: Visit) => {
      if (isNumeric(value) && !isMultiple(value, step)) {
        visit.fail(`must be a multiple of ${step.toString()}, not ${visit.shown(value)}`);
      }
    },
  ),
};

function isMultiple(value: Numeric, step: Numeric): boolean {
  if (isIntegral(value) && isIntegral(step)) return BigInt(value) % BigInt(step) === 0n;
  const times = Number(value) / Number(step);
  // 0.3 is a multiple of 0.1, although their binary forms are not.
  return Math.abs(times - Math.round(times)) <= 1e-9 * Math.max(1, Math.abs(times));
}

const isIntegral = (value: Numeric): boolean => typeof value === 'bigint' || Number.isInteger(value);
