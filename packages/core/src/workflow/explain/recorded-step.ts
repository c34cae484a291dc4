import type { Json, JsonObject } from '../../json.ts';
import type { Decision } from '../conductor/decision.ts';
import type { RecordedStep } from './recount.ts';

/** A successor of an attempt, as the record has it beside decisions. */
interface RecordedSuccessor {
  task: string;
  visit: number;
  item?: number | null;
  attempt: number;
}

/** A step of the record as it is kept, with the result of the execution it names.
 *  @param result with secrets in clear */
export function recordedStep(step: number, kept: JsonObject, result: Json): RecordedStep {
  const successor = kept['successor'] as unknown as RecordedSuccessor | undefined;
  if (successor !== undefined) return { step, decision: null, event: { ...successor, kind: 'retried' } };
  const decision = kept as unknown as Decision;
  if (decision.finished === null) return { step, decision, event: null };
  return { step, decision, event: { kind: 'finished', finished: { ...decision.finished, result } } };
}
