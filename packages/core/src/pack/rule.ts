import type { Json, JsonObject } from '../json.ts';
import { conditionsSchema } from '../rule/condition-schema.ts';
import type { YamlDocument } from '../yaml/document.ts';
import {
  anyMap,
  anything,
  checkShape,
  defaulted,
  flag,
  optional,
  record,
  required,
  text,
  type Checked,
} from '../yaml/shape.ts';
import { aboutRule } from './about.ts';
import { completeRef, labelOf, shortRefForm } from './names.ts';
import { unsupported } from './unsupported.ts';

/** What a file of `rules/` says, its short refs completed. */
export interface RuleDefinition {
  ref: string;
  label: string;
  description: string | null;
  enabled: boolean;
  trigger_ref: string;
  /** What the trigger's sensor is told for this rule. */
  trigger_params: JsonObject;
  /** When the rule answers an event: see `parseConditions`. */
  conditions: Json;
  action_ref: string;
  /** Parameters of the action; texts in it may hold templates. */
  action_params: JsonObject;
}

export const ruleShape = record(
  {
    ref: required(text({ form: shortRefForm })),
    label: optional(text({ maxLength: 255 })),
    description: optional(text({ mayBeEmpty: true })),
    enabled: defaulted(flag(), true),
    trigger_ref: required(text({ form: shortRefForm })),
    trigger_params: defaulted(anyMap(), {}),
    conditions: defaulted({ ...anything(), schema: conditionsSchema }, {}),
    action_ref: required(text({ form: shortRefForm })),
    action_params: defaulted(anyMap(), {}),
    permission_set_refs: unsupported(),
    permission_set_ref: unsupported(),
  },
  { about: aboutRule },
);

export function readRule(document: YamlDocument, pack: string): Checked<RuleDefinition> {
  const { value, problems } = checkShape(document, ruleShape);
  if (value === undefined) return { value: undefined, problems };
  const ref = completeRef(value.ref, pack);
  return {
    value: {
      ref,
      label: value.label ?? labelOf(ref),
      description: value.description ?? null,
      enabled: value.enabled,
      trigger_ref: completeRef(value.trigger_ref, pack),
      trigger_params: value.trigger_params,
      conditions: value.conditions,
      action_ref: completeRef(value.action_ref, pack),
      action_params: value.action_params,
    },
    problems,
  };
}
