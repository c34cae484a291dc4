/** How much one evaluation may do. What is beyond is an error of the kind `budget`. */
export interface Budget {
  /** Most steps. A step is one operator, function, name or literal evaluated; one element or member that an operator or
   *  function looks at; and 100 characters of text that it reads. `match` takes, for each instruction of the compiled pattern
   *  (about one per character of it), 8 steps and one per 16 characters of the text.
   *  @default 1000000, under a second */
  steps: number;
  /** Most that is built on the way (a text counts its characters, a list its elements, an object its members), and largest
   *  result (see {@link sizeOf}). For a template, of all its expressions together. @default 10000000 */
  output: number;
}

export const defaultBudget: Readonly<Budget> = { steps: 1_000_000, output: 10_000_000 };

/** Longest expression, in characters (UTF-16 code units). */
export const longestExpression = 10_000;

/** How deep an expression may nest: brackets, calls, operators and field accesses each are one level; a chain of `and`, or of
 *  `or`, is one. It bounds the stack that parsing and evaluating take. */
export const deepestExpression = 200;

/** How deep the lists and objects may nest that an expression compares, turns into text or gives back. */
export const deepestValue = 500;
