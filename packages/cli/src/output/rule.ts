import type { Rule } from '@attune/client';
import type { Paint } from './paint.ts';
import { formatRecord } from './record.ts';

/** Everything that people want to know of one rule. */
export const formatRule = (rule: Rule, paint: Paint): string =>
  formatRecord(
    [
      ['ref', rule.ref],
      ['label', rule.label],
      ['description', rule.description],
      ['enabled', rule.enabled ? 'yes' : 'no'],
      ['trigger_ref', rule.trigger_ref],
      ['action_ref', rule.action_ref],
      ['revision', rule.revision],
      ['conditions', rule.conditions],
      ['action_params', rule.action_params],
      ['trigger_params', rule.trigger_params],
    ],
    paint,
  );
