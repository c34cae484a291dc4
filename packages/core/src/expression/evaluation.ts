import { defaultBudget, deepestValue, type Budget } from './budget.ts';
import { ExpressionError, type ExpressionErrorKind } from './error.ts';
import { sizeOf } from './size.ts';
import { holdsFloat, toJson, type Value } from './value.ts';
import type { Json } from '../json.ts';

/** One evaluation under way: what it has spent of its budget, and where in which text it is, for errors. A template's
 *  expressions share one. */
export class Evaluation {
  /** The text that is evaluated. */
  text = '';
  /** Where in {@link text} the evaluation is: the operator, argument or name an error would be about. */
  at = 0;
  readonly #budget: Readonly<Budget>;
  #steps = 0;
  #built = 0;
  #given = 0;

  constructor(budget: Partial<Budget> = {}) {
    this.#budget = { ...defaultBudget, ...budget };
  }

  /** Spends steps. */
  step(count = 1): void {
    this.#steps += count;
    if (this.#steps > this.#budget.steps) {
      this.fail('budget', `The expression takes more than ${this.#budget.steps} steps; let it look at less data`);
    }
  }

  /** Spends the steps that reading texts takes. */
  read(characters: number): void {
    if (characters >= 100) this.step(Math.floor(characters / 100));
  }

  /** Announces a text, list or object of this many characters, elements or members, before it is built. */
  build(size: number): void {
    this.#built += size;
    if (this.#built > this.#budget.output) this.#failForSize('builds');
  }

  /** Hands a result out, if it is not too large. */
  give(value: Value): Json {
    if (typeof value !== 'object' && typeof value !== 'string') {
      this.#given += 1;
    } else {
      this.#given += sizeOf(value, this.#budget.output - this.#given);
      if (this.#given === Infinity) this.#failForDepth();
    }
    if (this.#given > this.#budget.output) this.#failForSize('gives');
    return holdsFloat(value) ? toJson(value) : (value as Json);
  }

  /** Guards a walk into lists and objects against the end of the stack; the outermost has the depth 0. */
  descend(depth: number): void {
    if (depth >= deepestValue) this.#failForDepth();
  }

  fail(kind: ExpressionErrorKind, message: string): never {
    throw new ExpressionError(kind, message, { text: this.text, offset: this.at });
  }

  #failForSize(verb: string): never {
    const { output } = this.#budget;
    return this.fail('budget', `The expression ${verb} more than ${output} characters and elements; let it give less`);
  }

  #failForDepth(): never {
    return this.fail('budget', `A value is nested deeper than ${deepestValue} levels; take the part that is needed`);
  }
}
