import type { ProblemCode } from './problem-code.ts';

/** The catalogue of errors that stop a request or a command. `status` is the HTTP status, `exit` the exit code of the CLI.
 *  Expected outcomes (a lost race, a refusal) are not here: functions return them. */
export const catalogue = {
  bad_request: { status: 400, exit: 2 },
  malformed_json: { status: 400, exit: 2 },
  invalid_input: { status: 422, exit: 2 },
  invalid_pack: { status: 422, exit: 2 },
  invalid_workflow: { status: 422, exit: 2 },
  invalid_expression: { status: 422, exit: 2 },
  unauthorized: { status: 401, exit: 3 },
  token_expired: { status: 401, exit: 3 },
  signature_invalid: { status: 401, exit: 3 },
  forbidden: { status: 403, exit: 3 },
  not_found: { status: 404, exit: 4 },
  unknown_ref: { status: 422, exit: 4 },
  conflict: { status: 409, exit: 5 },
  idempotency_conflict: { status: 409, exit: 5 },
  already_final: { status: 409, exit: 5 },
  too_large: { status: 413, exit: 2 },
  too_many: { status: 413, exit: 2 },
  unsupported_media_type: { status: 415, exit: 2 },
  rate_limited: { status: 429, exit: 6 },
  overloaded: { status: 503, exit: 7 },
  unavailable: { status: 503, exit: 7 },
  configuration: { status: 500, exit: 78 },
  migration_refused: { status: 500, exit: 9 },
  internal: { status: 500, exit: 70 },
} as const satisfies Record<string, { status: number; exit: number }>;

export type ErrorCode = keyof typeof catalogue;

/** One thing wrong at one place. Whichever of the place's fields is known is set. */
export interface Problem {
  /** What is wrong and what was expected, as a sentence. */
  message: string;
  /** Path of the file inside its pack, with forward slashes. */
  file?: string;
  /** One-based position in `file`, or in the text that was given. Columns count UTF-16 code units, as editors do. */
  line?: number;
  column?: number;
  /** Where the thing ends: the first character behind it. Only where that is a word or a value, not a whole block. */
  end_line?: number;
  end_column?: number;
  /** JSON pointer (RFC 6901) into the document that was given; '' is the whole. */
  pointer?: string;
  /** What kind of problem it is; set for the files of a pack. */
  code?: ProblemCode;
}

/** What one cannot continue from. Never read `message` to decide: look at `code`. */
export class AttuneError extends Error {
  readonly code: ErrorCode;
  readonly details: readonly Problem[];

  constructor(code: ErrorCode, message: string, options: { details?: readonly Problem[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AttuneError';
    this.code = code;
    this.details = options.details ?? [];
  }

  get status(): number {
    return catalogue[this.code].status;
  }

  get exit(): number {
    return catalogue[this.code].exit;
  }
}

/** `file:line:column: message`, with whatever of the place is known. */
export function formatProblem(problem: {
  message: string;
  file?: string | undefined;
  line?: number | undefined;
  column?: number | undefined;
  pointer?: string | undefined;
}): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
  const where = place === '' ? (problem.pointer ?? '') : place;
  return where === '' ? problem.message : `${where}: ${problem.message}`;
}
