import type { Inquiry } from '@attune/client';
import { formatInstant } from './instant.ts';
import type { Paint } from './paint.ts';
import { formatRecord } from './record.ts';
import { paintStatus } from './status.ts';

/** Everything that people want to know of a question. */
export const formatInquiry = (inquiry: Inquiry, paint: Paint): string =>
  formatRecord(
    [
      ['id', inquiry.id],
      ['prompt', inquiry.prompt],
      ['status', inquiry.status, { colour: paintStatus }],
      ['assigned_to', inquiry.assigned_login],
      ['execution', inquiry.execution],
      ['action_ref', inquiry.action_ref],
      ['task', inquiry.task_name],
      ['created', formatInstant(inquiry.created)],
      ['timeout_at', formatInstant(inquiry.timeout_at)],
      ['responded_at', formatInstant(inquiry.responded_at)],
      ['responded_by', inquiry.responded_login],
      ['response_schema', inquiry.response_schema],
      // an answer may be JSON null
      ['response', inquiry.status === 'responded' && inquiry.response === null ? 'null' : inquiry.response],
    ],
    paint,
  );
