import { ExpressionError } from '../../expression/error.ts';
import { prove } from '../../expression/prove.ts';
import type { Witness } from '../conductor/witness.ts';
import type { SimulatedCondition } from './simulation.ts';

/** A witness, and the list in which it notes every condition with its proof. */
export function conditionsOf(): { conditions: SimulatedCondition[]; witness: Witness } {
  const conditions: SimulatedCondition[] = [];
  const witness: Witness = (of, condition, scope) => {
    try {
      conditions.push({ ...of, condition: condition.text, ...prove(condition, scope) });
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      conditions.push({ ...of, condition: condition.text, error: error.message });
    }
  };
  return { conditions, witness };
}
