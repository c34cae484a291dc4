import { format as formats } from '@cfworker/json-schema';
import { integer, text } from '../yaml/shape.ts';
import { keyword, type Keyword } from './keyword.ts';
import { compilePattern, matchesPattern } from './pattern.ts';

/** Formats that are checked; any other only informs, as JSON Schema has it. */
const checkedFormats = new Set([
  'date',
  'time',
  'date-time',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uri',
  'uri-reference',
  'uuid',
  'json-pointer',
]);

/** Longest text a format may have: some of their tests take time by the square of the length. */
const longestFormatted = 4_096;

/** Length in characters, not in UTF-16 code units. */
const lengthOf = (value: string): number => Array.from(value).length;

export const stringKeywords: Record<string, Keyword> = {
  minLength: keyword(integer(0), (limit, value, visit) => {
    if (typeof value === 'string' && lengthOf(value) < limit) {
      visit.fail(`must have at least ${limit} characters, not ${lengthOf(value)}`);
    }
  }),
  maxLength: keyword(integer(0), (limit, value, visit) => {
    if (typeof value === 'string' && lengthOf(value) > limit) {
      visit.fail(`must have at most ${limit} characters, not ${lengthOf(value)}`);
    }
  }),
  pattern: keyword(
    {
      expected: 'a regular expression',
      schema: () => ({ type: 'string' }),
      read: (value, pointer, report) => {
        const pattern = text({ mayBeEmpty: true }).read(value, pointer, report);
        const compiled = pattern === undefined ? undefined : compilePattern(pattern);
        if (typeof compiled !== 'string') return pattern;
        report(pointer, `"pattern" must be a regular expression as RE2 knows it: ${compiled}`, 'wrong_value');
        return undefined;
      },
    },
    (pattern, value, visit) => {
      if (typeof value === 'string' && !matchesPattern(pattern, value)) {
        visit.fail(`must match the pattern ${pattern}, and ${visit.shown(value)} does not`);
      }
    },
  ),
  format: keyword(text(), (format, value, visit) => {
    if (typeof value !== 'string' || !isChecked(format)) return;
    if (value.length > longestFormatted || formats[format]?.(value) === false) {
      visit.fail(`must have the format ${format}, and ${visit.shown(value)} does not`);
    }
  }),
};

const isChecked = (format: string): boolean => checkedFormats.has(format);
