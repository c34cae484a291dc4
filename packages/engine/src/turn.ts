import type { EngineExecution } from '@attune/db';

/** What has to be followed up: that an execution begun that no worker runs (a workflow's, a question's), or that an execution of a
 *  workflow's task ended. */
export type Turn = { kind: 'begun'; execution: EngineExecution } | { kind: 'ended'; execution: EngineExecution };
