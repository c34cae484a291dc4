import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { YamlDocument } from '../yaml/document.ts';
import {
  anyMap,
  anything,
  checkShape,
  choice,
  defaulted,
  flag,
  list,
  optional,
  record,
  required,
  text,
  word,
  type Checked,
  type Shape,
} from '../yaml/shape.ts';
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
  /** `{}` (always), `{expression}`, or a list of `{field, operator, value}` that must all hold. */
  conditions: Json;
  action_ref: string;
  /** Parameters of the action; texts in it may hold templates. */
  action_params: JsonObject;
}

const fieldCondition = record({
  field: required(text()),
  operator: required(word('equals', 'not_equals', 'contains')),
  value: optional(anything()),
});

/** The shape of conditions; the answer is the value as its author wrote it. */
const conditionsShape: Shape<Json> = choice<Json>('a map with an expression, or a list of conditions', (value) => {
  if (Array.isArray(value)) return unchanged(value, list(fieldCondition));
  if (!isJsonObject(value)) return undefined;
  return Object.keys(value).length === 0 ? anything() : unchanged(value, record({ expression: required(text()) }));
});

/** Reports what a shape finds, and answers the value itself. */
const unchanged = (value: Json, shape: Shape<unknown>): Shape<Json> => ({
  expected: shape.expected,
  read: (given, pointer, report) => {
    shape.read(given, pointer, report);
    return value;
  },
});

const ruleShape = record({
  ref: required(text({ form: shortRefForm })),
  label: optional(text({ maxLength: 255 })),
  description: optional(text({ mayBeEmpty: true })),
  enabled: defaulted(flag(), true),
  trigger_ref: required(text({ form: shortRefForm })),
  trigger_params: defaulted(anyMap(), {}),
  conditions: defaulted(conditionsShape, {}),
  action_ref: required(text({ form: shortRefForm })),
  action_params: defaulted(anyMap(), {}),
  permission_set_refs: unsupported(),
  permission_set_ref: unsupported(),
});

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
