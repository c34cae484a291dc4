import type { Operation } from './operation.ts';

/** The harness's own record of what the API accepted, kept beside everything that is tested. */
export interface Journal {
  /** Work that was answered with 2xx, by key. `ids` has the id of every answer: they have to be one. */
  accepted: AcceptedWork[];
  /** Keys of requests that were refused. */
  refused: string[];
  /** Keys of work that was never answered. */
  unanswered: string[];
  cancels: Cancel[];
  inquiries: { inquiry: string; response: string; status: number }[];
  /** Answers that must not be. */
  wrong: string[];
}

export interface AcceptedWork {
  key: string;
  operation: Extract<Operation, { kind: 'step' | 'flow' | 'instant' | 'ping' | 'hook' }>;
  ids: string[];
}

export interface Cancel {
  execution: string;
  /** Milliseconds since 1970, by the machine's clock, when the answer was there. */
  answered_at: number;
  status: number;
}

export const emptyJournal = (): Journal => ({
  ...{ accepted: [], refused: [], unanswered: [], cancels: [], inquiries: [], wrong: [] },
});
