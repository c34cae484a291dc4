import { AttuneError, type ErrorCode, type Problem } from '@attune/core';
import { isPassing } from '@attune/engine';
import type { FastifyError } from 'fastify';

/** The one shape in which every error leaves the API. */
export interface ErrorBody {
  error: { code: ErrorCode; message: string; details: readonly Problem[]; request_id: string };
}

export const errorBody = (error: AttuneError, requestId: string): ErrorBody => ({
  error: { code: error.code, message: error.message, details: error.details, request_id: requestId },
});

/** What a thrown value means to whoever asked. What is not expected becomes `internal`: its message may hold what is nobody's
 *  business, so it goes to the log only. */
export function errorOf(thrown: unknown, bodyLimit: number): AttuneError {
  if (thrown instanceof AttuneError) return thrown;
  const code = codeOf(thrown);
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new AttuneError('too_large', `The body is larger than ${bodyLimit} bytes, the limit of this route`);
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_ERR_CTP_EMPTY_TYPE':
      return new AttuneError(
        'unsupported_media_type',
        "This route does not take this Content-Type; expected 'application/json'",
      );
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new AttuneError('bad_request', 'The body does not have the length that Content-Length says');
    case 'FST_ERR_BAD_URL':
      return new AttuneError('bad_request', 'The path is not a valid URL path; check its % escapes');
  }
  // what the driver says of a connection that it lost has no code
  if (code === undefined ? isPassing(thrown) : isUnreachable(code)) {
    return new AttuneError('unavailable', 'The database cannot be reached at the moment; try again', { cause: thrown });
  }
  return new AttuneError('internal', 'The server failed; its log has the reason under this request id', {
    cause: thrown,
  });
}

function codeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { code } = thrown as Partial<FastifyError>;
  return typeof code === 'string' ? code : undefined;
}

/** Connection failures of the socket, and of PostgreSQL: class 08, shutting down or starting (57P0x), too many clients. */
const isUnreachable = (code: string): boolean =>
  ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', '53300'].includes(code) || /^(08|57P0)/.test(code);
