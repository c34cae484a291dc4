import { ExpressionError } from '../../expression/error.ts';
import type { Expression } from '../../expression/expression.ts';
import { proveHolds } from '../../expression/prove.ts';
import type { Scope } from '../../expression/scope.ts';
import type { ConditionOf, Witness } from '../conductor/witness.ts';
import type { ProvenCondition } from './explanation.ts';

/** The conditions of one step with their proofs. */
export class Proofs {
  readonly #proofs = new Map<string, ProvenCondition>();

  /** Proves each condition while it is evaluated. */
  readonly witness: Witness = (of, condition, scope) => {
    this.#proofs.set(keyOf(of), proven(condition, scope));
  };

  /** The proof of a condition; one that was not proven stands as it was recorded. */
  of(of: ConditionOf, condition: string, recorded: { value: boolean | null; error: string | null }): ProvenCondition {
    const found = this.#proofs.get(keyOf(of));
    return {
      condition,
      ...recorded,
      proof: found?.error === null && found.value === recorded.value ? found.proof : null,
    };
  }
}

const keyOf = (of: ConditionOf): string =>
  JSON.stringify([of.kind, of.task, of.visit, of.kind === 'transition' ? of.index : null]);

/** A condition with its value, and the proof of it. */
export function proven(condition: Expression, scope: Scope): ProvenCondition {
  const text = condition.text.trim();
  try {
    const { holds, proof } = proveHolds(condition, scope);
    return { condition: text, value: holds, proof, error: null };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { condition: text, value: null, proof: null, error: error.message };
  }
}
