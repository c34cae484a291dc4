import { AttuneError, stringifyJson, type Json, type Problem } from '@attune/core';
import type { FastifySchemaCompiler, FastifySerializerCompiler } from 'fastify';
import { ResponseSerializationError } from 'fastify-type-provider-zod';
import { safeEncode, safeParse, type $ZodError, type $ZodIssue, type $ZodType } from 'zod/v4/core';
import { escapePointer } from './unstorable.ts';

/** Checks one part of a request. A body that is JSON but not what was asked for is `invalid_input`; a path, query or header is a
 *  `bad_request`. Every problem is named at once, with its JSON pointer. */
export const validatorCompiler: FastifySchemaCompiler<$ZodType> =
  ({ schema, httpPart }) =>
  (data: unknown) => {
    const result = safeParse(schema, data);
    if (result.success) return { value: result.data };
    const isBody = httpPart === 'body';
    const details = problemsOf(result.error);
    const first = details[0] === undefined ? '' : `: ${details[0].pointer ?? ''} ${details[0].message}`;
    const message = `The ${partNames[httpPart ?? 'body'] ?? 'request'} is not what this route takes${first}`;
    return { error: new AttuneError(isBody ? 'invalid_input' : 'bad_request', message, { details }) };
  };

const partNames: Record<string, string> = {
  body: 'body',
  querystring: 'query',
  params: 'path',
  headers: 'header',
};

/** Writes an answer by its schema, integers by all their digits. What the schema does not name is left out, so a column that is added
 *  to a statement cannot leak. */
export const serializerCompiler: FastifySerializerCompiler<$ZodType> =
  ({ schema, method, url }) =>
  (data: unknown) => {
    const result = safeEncode(schema, data);
    if (!result.success) throw new ResponseSerializationError(method, url, { cause: result.error });
    return stringifyJson(result.data as Json);
  };

const problemsOf = (error: $ZodError): Problem[] => error.issues.flatMap((issue) => problemsOfIssue(issue));

function problemsOfIssue(issue: $ZodIssue): Problem[] {
  const pointer = issue.path.map((step) => `/${escapePointer(String(step))}`).join('');
  if (issue.code !== 'unrecognized_keys') return [{ message: issue.message, pointer }];
  return issue.keys.map((key) => ({
    message: 'There is no such key here',
    pointer: `${pointer}/${escapePointer(key)}`,
  }));
}
