import { RE2JS } from 're2js';
import type { Evaluation } from './evaluation.ts';

/** Longest regular expression, in characters. */
export const longestPattern = 1_000;

/** Patterns compiled last, oldest first: a rule meets the same few again and again, and compiling takes a thousand times longer
 *  than matching a short text. Only a memory of a pure function; forgetting it changes nothing but the time. */
const compiled = new Map<string, RE2JS>();
const mostCompiled = 200;

/** Whether a text holds a match of a regular expression. RE2 does not backtrack: the time is linear in the text, whatever the
 *  pattern; so there is no look-around and there are no back-references. */
export function matchPattern(pattern: string, text: string, evaluation: Evaluation): boolean {
  const matcher = compile(pattern);
  if (typeof matcher === 'string') {
    return evaluation.fail('pattern', `${JSON.stringify(shortened(pattern))} is not a regular expression: ${matcher}`);
  }
  evaluation.step(Math.ceil(matcher.programSize() * (8 + text.length / 16)));
  return matcher.test(text);
}

/** @returns the reason as a text where the pattern is not one. */
function compile(pattern: string): RE2JS | string {
  const known = compiled.get(pattern);
  if (known !== undefined) {
    compiled.delete(pattern);
    compiled.set(pattern, known);
    return known;
  }
  if (pattern.length > longestPattern) return `it is longer than ${longestPattern} characters`;
  try {
    const fresh = RE2JS.compile(pattern);
    compiled.set(pattern, fresh);
    for (const oldest of compiled.keys()) {
      if (compiled.size <= mostCompiled) break;
      compiled.delete(oldest);
    }
    return fresh;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `${reason.replace(/^error parsing regexp: /, '')} (RE2 syntax: no look-around, no back-references)`;
  }
}

const shortened = (pattern: string): string => (pattern.length > 40 ? `${pattern.slice(0, 40)}…` : pattern);
