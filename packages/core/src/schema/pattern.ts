import { RE2JS } from 're2js';

/** Longest pattern an author may write, and largest program it may become: `(...){1000}` is short to write and long to run. */
const longestPattern = 1_000;
const largestProgram = 10_000;

/** A pattern as a test that takes time linear in the text, whatever the pattern: RE2 does not backtrack, so it has no
 *  look-around and no back-references. Unanchored, as JSON Schema has it.
 *  @returns the reason as a text where the pattern is not one. */
export function compilePattern(pattern: string): ((text: string) => boolean) | string {
  if (pattern.length > longestPattern) return `it is longer than ${longestPattern} characters`;
  try {
    const compiled = RE2JS.compile(pattern);
    if (compiled.programSize() > largestProgram) return 'it repeats too much';
    return (text) => compiled.matcher(text).find();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Whether a text matches a pattern; one that is not a pattern matches nothing. */
export function matchesPattern(pattern: string, text: string): boolean {
  const matches = compilePattern(pattern);
  return typeof matches === 'function' && matches(text);
}
