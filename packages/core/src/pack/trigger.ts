import { flatSchema, type FlatSchema } from '../schema/flat-schema.ts';
import type { YamlDocument } from '../yaml/document.ts';
import {
  checkShape,
  choice,
  defaulted,
  flag,
  list,
  optional,
  patternForm,
  record,
  required,
  text,
  word,
  type Checked,
  type Shape,
} from '../yaml/shape.ts';
import { isJsonObject } from '../json.ts';
import { aboutHmac, aboutTrigger, aboutWebhook } from './about.ts';
import { labelOf, refForm } from './names.ts';

/** What a file of `triggers/` says: a kind of event. */
export interface TriggerDefinition {
  ref: string;
  label: string;
  description: string | null;
  enabled: boolean;
  /** Schema of a rule's `trigger_params`; null where it takes whatever it is given. */
  parameters: FlatSchema | null;
  /** Schema of an event's payload; documentation, not enforced. */
  output: FlatSchema | null;
  /** Null where no webhook brings such events. */
  webhook: WebhookDefinition | null;
  tags: string[];
}

export interface WebhookDefinition {
  /** How a delivery proves where it comes from; null where its author chose that it need not. */
  hmac: HmacDefinition | null;
  /** Header whose value is the same for repeated deliveries of one event, in lower case; null where there is none. */
  dedup_header: string | null;
}

export interface HmacDefinition {
  /** Header with the signature of the raw body as hex digits, in lower case. */
  header: string;
  algorithm: HmacAlgorithm;
  /** What stands before the digits, e.g. `sha256=`; may be empty. */
  prefix: string;
}

export type HmacAlgorithm = 'sha256' | 'sha512' | 'sha1';

const headerText = text({
  form: patternForm('the name of an HTTP header', /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/),
});
const headerName: Shape<string> = {
  ...headerText,
  read: (value, pointer, report) => headerText.read(value, pointer, report)?.toLowerCase(),
};

const hmacShape = choice<HmacDefinition | 'none'>('none, or a map with header and algorithm', [
  [(value) => value === 'none', word('none')],
  [
    isJsonObject,
    record(
      {
        header: required(headerName),
        algorithm: required(word('sha256', 'sha512', 'sha1')),
        prefix: defaulted(text({ mayBeEmpty: true, maxLength: 100 }), ''),
      },
      { about: aboutHmac },
    ),
  ],
]);

export const triggerShape = record(
  {
    ref: required(text({ form: refForm })),
    label: optional(text({ maxLength: 255 })),
    description: optional(text({ mayBeEmpty: true })),
    enabled: defaulted(flag(), true),
    parameters: optional(flatSchema),
    output: optional(flatSchema, 'output_schema'),
    // No default for `hmac`: that anyone may send events is something to write down.
    webhook: optional(
      record({ hmac: required(hmacShape), dedup_header: optional(headerName) }, { about: aboutWebhook }),
    ),
    tags: defaulted(list(text()), []),
  },
  { ignored: ['type', 'examples'], about: aboutTrigger },
);

export function readTrigger(document: YamlDocument): Checked<TriggerDefinition> {
  const { value, problems } = checkShape(document, triggerShape);
  if (value === undefined) return { value: undefined, problems };
  const { webhook } = value;
  return {
    value: {
      ref: value.ref,
      label: value.label ?? labelOf(value.ref),
      description: value.description ?? null,
      enabled: value.enabled,
      parameters: value.parameters ?? null,
      output: value.output ?? null,
      webhook:
        webhook === undefined
          ? null
          : { hmac: webhook.hmac === 'none' ? null : webhook.hmac, dedup_header: webhook.dedup_header ?? null },
      tags: value.tags,
    },
    problems,
  };
}
