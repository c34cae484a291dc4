/** The life of an execution: from each status, the moves that leave it and where they lead. The one source of truth: the
 *  database statements, the tests and docs/state-machines.md are made from this table. */
export const moves = {
  requested: { admit: 'scheduled', wait: 'scheduling', begin: 'running', refuse: 'failed', cancel: 'cancelled' },
  scheduling: { admit: 'scheduled', begin: 'running', refuse: 'failed', cancel: 'cancelled' },
  scheduled: { start: 'running', hold: 'requested', refuse: 'failed', cancel: 'cancelled' },
  running: {
    succeed: 'completed',
    fail: 'failed',
    expire: 'timeout',
    lose: 'abandoned',
    cancel: 'canceling',
  },
  canceling: { stop: 'cancelled', succeed: 'completed', fail: 'failed', expire: 'timeout', lose: 'abandoned' },
  completed: {},
  failed: {},
  timeout: {},
  cancelled: {},
  abandoned: {},
} as const satisfies Record<ExecutionStatus, Readonly<Record<string, ExecutionStatus>>>;

export type ExecutionStatus =
  | 'requested'
  | 'scheduling'
  | 'scheduled'
  | 'running'
  | 'completed'
  | 'failed'
  | 'canceling'
  | 'cancelled'
  | 'timeout'
  | 'abandoned';

export type Move = { [S in ExecutionStatus]: keyof (typeof moves)[S] }[ExecutionStatus];

export const executionStatuses = Object.keys(moves) as ExecutionStatus[];

export const isFinal = (status: ExecutionStatus): boolean => Object.keys(moves[status]).length === 0;

export const finalStatuses = executionStatuses.filter(isFinal);

export const livingStatuses = executionStatuses.filter((status) => !isFinal(status));

/** The status that `move` leads to from `status`, or undefined where the machine does not allow it. */
export const statusAfter = (status: ExecutionStatus, move: Move): ExecutionStatus | undefined =>
  (moves[status] as Partial<Record<Move, ExecutionStatus>>)[move];

/** Every (old, new) pair that `move` allows, for a compare-and-set in SQL. */
export function pairsOf(move: Move): { was: ExecutionStatus; next: ExecutionStatus }[] {
  return executionStatuses.flatMap((was) => {
    const next = statusAfter(was, move);
    return next === undefined ? [] : [{ was, next }];
  });
}
