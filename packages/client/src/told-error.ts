import { AttuneError, catalogue, isJsonObject, type ErrorCode, type Json, type Problem } from '@attune/core';

/** The error that a server told, as one that can be thrown. What is not told as Attune tells it comes from something else, e.g. a
 *  proxy: `internal`, with the HTTP status. */
export function toldError(body: unknown, response: Response): AttuneError {
  const error = isJsonObject(body as Json) ? (body as { error?: Json }).error : undefined;
  if (!isJsonObject(error) || typeof error['code'] !== 'string' || !Object.hasOwn(catalogue, error['code'])) {
    return new AttuneError('internal', `${response.url} answered ${response.status}, and not as Attune would`);
  }
  const { code, message, details } = error;
  return new AttuneError(code as ErrorCode, typeof message === 'string' ? message : code, {
    details: (Array.isArray(details) ? details : []) as unknown as Problem[],
  });
}
