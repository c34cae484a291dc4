/** How a plain execution ends, see pack/actions/step.sh. */
export const endings = ['ok', 'fail', 'signal', 'flood', 'bytes', 'fork', 'leave'] as const;
export type Mode = (typeof endings)[number];

export const flows = ['line', 'join', 'items', 'nested', 'retried', 'fragile', 'asking', 'emitting', 'quick'] as const;
export type Flow = (typeof flows)[number];

/** One piece of load. `at` is in milliseconds from the beginning; `key` names it in every row and file that comes of it. `copies` says
 *  how often it is sent under one idempotency key, the later ones `apart_ms` after the one before, answered or not. */
export type Operation = { at: number; key: string } & (
  | { kind: 'step'; action: 'step' | 'once'; mode: Mode; ms: number; copies: number; apart_ms: number }
  | { kind: 'flow'; flow: Flow; copies: number; apart_ms: number }
  /** A built-in that only computes, with the key as its message. */
  | { kind: 'instant'; action: 'echo' | 'noop'; exit_code: number; copies: number; apart_ms: number }
  | { kind: 'ping'; even: boolean; copies: number; apart_ms: number }
  | { kind: 'hook'; bytes: number; copies: number; apart_ms: number }
  /** A request with parameters that the action does not take. */
  | { kind: 'refused' }
  /** Another operation is cancelled, or paused and resumed, so long after it was accepted. */
  | { kind: 'cancel'; of: string; after_ms: number }
  | { kind: 'pause'; of: string; after_ms: number; for_ms: number }
  /** The pack is registered again with another content. */
  | { kind: 'register' }
);
