import type { Problem } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { sealedIn } from '../secret/sealed.ts';
import { fillDefaults, validate, type FlatSchema } from '../schema/flat-schema.ts';

/** The parameters that an action runs with, and why it cannot, where they do not fit its schema. */
export interface Prepared {
  /** Defaults filled. */
  config: JsonObject;
  /** What the execution's result says instead: `kind`, `message` and, for each problem, its pointer. */
  error?: JsonObject;
}

/** Fills defaults and checks parameters by an action's schema; an action without one takes anything.
 *  @param inherits the parameters are its workflow's own: those that the action does not know are left out instead of refused. */
export function prepareParameters(
  action: { ref: string; parameters: FlatSchema | null | undefined },
  parameters: JsonObject,
  inherits = false,
): Prepared {
  const schema = action.parameters;
  const forged = sealedIn(parameters);
  if (forged.length > 0) return { config: parameters, error: invalidParameters(action.ref, forged.map(reserved)) };
  const config = fillDefaults(schema, inherits ? declared(schema, parameters) : parameters);
  const problems = validate(schema, config);
  return problems.length === 0 ? { config } : { config, error: invalidParameters(action.ref, problems) };
}

/** Nobody but the server may say that something is sealed. */
const reserved = (pointer: string): Problem => ({
  message: 'An object with the key "$attune_sealed" cannot be a value: the server keeps secrets in this form',
  pointer,
});

/** What a task inherits from its workflow: of all its parameters those that the action knows. */
const declared = (schema: FlatSchema | null | undefined, parameters: JsonObject): JsonObject =>
  schema ? Object.fromEntries(Object.entries(parameters).filter(([name]) => Object.hasOwn(schema, name))) : parameters;

const invalidParameters = (ref: string, problems: readonly Problem[]): JsonObject => ({
  kind: 'invalid_input',
  message: `Invalid parameters for action '${ref}'`,
  details: problems as unknown as JsonObject[],
});

/** Why an execution of an action that does not exist has failed. */
export const actionGone = (ref: string): JsonObject => ({
  kind: 'action_gone',
  message: `There is no action '${ref}'; it was removed from its pack or never registered`,
});
