import type { Execution } from '@attune/client';
import { isFinal, isJsonObject, type Json } from '@attune/core';
import { between, formatDuration } from './duration.ts';
import { formatInstant } from './instant.ts';
import type { Paint } from './paint.ts';
import { formatRecord } from './record.ts';
import { paintStatus } from './status.ts';
import { taskName } from './task-name.ts';

/** Most lines of the parameters that are shown: a webhook's payload has hundreds. */
const configLines = 12;

/** Everything that people want to know of one execution. */
export function formatExecution(execution: Execution, paint: Paint): string {
  const ms = between(execution.started_at, execution.completed_at);
  return formatRecord(
    [
      ['id', execution.id],
      ['action_ref', execution.action_ref],
      ['status', execution.status, { colour: paintStatus }],
      ['paused', execution.paused ? true : null],
      ['paused_by', execution.paused_by],
      ['pause_reason', execution.pause_reason],
      ['inquiry', execution.inquiry],
      ['task', execution.workflow_task === null ? null : taskName(execution)],
      ['parent', execution.parent],
      ['rule_ref', execution.rule_ref],
      ['enforcement', execution.enforcement],
      ['original_execution', execution.original_execution],
      ['rerun_of', execution.rerun_of],
      ['reused_from', execution.workflow_task?.reused_from],
      ['not_reused', execution.workflow_task?.not_reused],
      ['worker_name', execution.worker_name],
      ['run_after', isFinal(execution.status) ? null : formatInstant(execution.run_after)],
      ['created', formatInstant(execution.created)],
      ['started_at', formatInstant(execution.started_at)],
      ['completed_at', formatInstant(execution.completed_at)],
      ['duration', ms === undefined ? null : formatDuration(ms)],
      ['revision', execution.revision],
      ['config', execution.config, { lines: configLines }],
      ['result', execution.result],
    ],
    paint,
  );
}

/** Why an execution did not complete, in one line, as its result tells it. */
export function reasonOf(result: Json): string | undefined {
  const error = isJsonObject(result) ? result['error'] : undefined;
  if (typeof error === 'string') return error;
  const message = isJsonObject(error) ? error['message'] : undefined;
  return typeof message === 'string' ? message : undefined;
}
