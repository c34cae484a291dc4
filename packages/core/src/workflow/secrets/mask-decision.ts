import type { FlatSchema } from '../../schema/flat-schema.ts';
import { secretPaths } from '../../secret/paths.ts';
import { maskSecrets } from '../../secret/sealed.ts';
import type { Decision } from '../conductor/decision.ts';
import type { WorkflowSecrets } from './secrets.ts';

/** A decision as it may be recorded: the values of variables that may hold a secret are masked, and what the workflow's `output` marks.
 *  Everything else of a decision is no value, or is told without one. */
export function maskDecision(decision: Decision, secrets: WorkflowSecrets, output: FlatSchema | null): Decision {
  const { variables } = secrets;
  const names = [...variables.keys()].map((name) => [name]);
  const marked = secretPaths(output);
  if (names.length === 0 && marked.length === 0) return decision;
  const { outcome } = decision;
  return {
    ...decision,
    transitions: decision.transitions.map((one) =>
      one.published === undefined ? one : { ...one, published: maskSecrets(one.published, names) },
    ),
    ...(outcome === undefined ? {} : { outcome: { ...outcome, result: maskSecrets(outcome.result, marked) } }),
  };
}
