import type { ExecutionStatus, Id, Instant, WorkflowTaskMetadata } from '@attune/core';

/** What following needs to know of an execution; the names are the API's. */
export interface SeenExecution {
  id: Id;
  action_ref: string;
  parent: Id | null;
  status: ExecutionStatus;
  workflow_task: Pick<
    WorkflowTaskMetadata,
    'task_name' | 'task_index' | 'visit' | 'attempt' | 'next_retry_at' | 'reused_from'
  > | null;
  /** The run, where the action is a workflow: then it writes no logs of its own. */
  workflow_execution: Id | null;
  /** Nothing starts in the run. */
  paused: boolean;
  /** The question to a person that it waits with. */
  inquiry: Id | null;
  started_at: Instant | null;
  completed_at: Instant | null;
}

export const logStreams = ['stdout', 'stderr'] as const;
export type LogStream = (typeof logStreams)[number];

/** A part of a log, as the API gives it. */
export interface LogPart {
  text: string;
  /** Byte to read on from. */
  next_offset: number;
  /** Whether this is all, and nothing will follow. */
  complete: boolean;
}

/** The looks at the server that following takes. */
export interface Reader {
  execution(id: Id): Promise<SeenExecution>;
  /** The execution and all below it, each after its parent. */
  tree(id: Id): Promise<SeenExecution[]>;
  log(id: Id, stream: LogStream, offset: number): Promise<LogPart>;
}
