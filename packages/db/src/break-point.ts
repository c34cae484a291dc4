/** The moments at which a fault test can kill, stop or fail a process: those between which a crash would leave something half-done if the
 *  code were wrong. Each stands in exactly one place of the code; a test looks. */
export const breakPointNames = [
  'transaction.begun',
  'transaction.decided',
  'transaction.committing',
  'transaction.committed',
  'doorbell.ringing',
  'claim.leased',
  'take.locked',
  'take.ended',
  'advance.begun',
  'advance.recorded',
  'advance.created',
  'advance.kept_end',
  'end_run.ended',
  'match.locked',
  'match.enforced',
  'enact.locked',
  'enact.requested',
  'retry.taken',
  'successor.created',
  'rescue.abandoned',
  'cancel.moved',
  'cancel.stopped_waiting',
  'pause.marked',
  'resume.released',
  'inquiry.asked',
  'inquiry.answered',
  'hand_back.given',
  'register.files_kept',
  'register.all_kept',
  'renew.renewed',
  'request.claimed',
  'request.created',
  'webhook.stored',
  'request.stored',
  'finish.ended',
  'finish.special_ended',
  'attempt.recorded',
  'attempt.spawned',
  'attempt.exited',
  'attempt.logged',
  'report.recorded',
  'worker.former_ended',
  'worker.registered',
  'worker.draining',
] as const;

export type BreakPointName = (typeof breakPointNames)[number];

type Action = 'kill' | 'stop' | 'throw';

/** What ATTUNE_BREAK_POINT asks for: `name[:nth][:action]`, at the nth pass (default 1), `kill` (default), `stop` or `throw`. `stop`
 *  freezes the process until somebody sends SIGCONT.
 *  @throws Error where it names no break point. */
export function readBreakPoint(text: string): { name: BreakPointName; nth: number; action: Action } {
  const [, name, nth = '1', action = 'kill'] = /^([a-z_.]+)(?::(\d+))?(?::(kill|stop|throw))?$/.exec(text) ?? [];
  const known = breakPointNames.find((one) => one === name);
  if (known === undefined) {
    throw new Error(
      `ATTUNE_BREAK_POINT is '${text}'; expected name[:nth][:kill|stop|throw], name one of ${breakPointNames.join(', ')}`,
    );
  }
  return { name: known, nth: Number(nth), action: action as Action };
}

/** Makes the function that is called at every break point. Unless a test asked for one when the process started it does nothing. */
export function breakPointOf(text: string | undefined): (name: BreakPointName) => void {
  if (text === undefined || text === '') return () => undefined;
  const asked = readBreakPoint(text);
  let passes = 0;
  return (name) => {
    if (name !== asked.name) return;
    passes += 1;
    if (passes !== asked.nth) return;
    switch (asked.action) {
      case 'kill':
        process.kill(process.pid, 'SIGKILL');
        break;
      case 'stop':
        process.kill(process.pid, 'SIGSTOP');
        break;
      case 'throw':
        throw new Error(`Break point ${name}`);
    }
  };
}

/** Marks a moment for fault tests; does nothing in any other process. */
export const breakPoint = breakPointOf(process.env['ATTUNE_BREAK_POINT']);
