import type { Witness } from '../conductor/witness.ts';
import { proven } from '../explain/proven.ts';
import type { SimulatedCondition } from './simulation.ts';

/** A witness, and the list in which it notes every condition with its proof. */
export function conditionsOf(): { conditions: SimulatedCondition[]; witness: Witness } {
  const conditions: SimulatedCondition[] = [];
  const witness: Witness = (of, condition, scope) => void conditions.push({ ...of, ...proven(condition, scope) });
  return { conditions, witness };
}
