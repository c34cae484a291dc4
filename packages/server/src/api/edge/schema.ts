import {
  isJsonObject,
  problemCodes,
  type Id,
  type Instant,
  type Json,
  type JsonObject,
  type ProblemCode,
} from '@attune/core';
import { z } from 'zod';
import { pageLimit } from './limits.ts';

// The words that every resource's schema is written in. A name given by `meta({ id })` is a component of the OpenAPI document and a
// type of the client.

const maxId = 9_223_372_036_854_775_807n;

export const IdSchema: z.ZodType<Id, Id> = z
  .string()
  .regex(/^\d{1,19}$/, 'expected an id: digits only')
  .refine((digits) => /^\d{1,19}$/.test(digits) && BigInt(digits) <= maxId, `expected an id of at most ${maxId}`)
  .meta({ id: 'Id', description: 'A 64-bit id as its decimal digits' });

/** A ref in an answer. Rows of older systems may be named in ways that ours are not. */
export const RefSchema = z.string().describe('The dotted public name');

/** A ref in a request. */
export const GivenRefSchema = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,255}$/, 'expected a ref, such as `core` or `core.echo`')
  .describe('The dotted public name');

export const InstantSchema: z.ZodType<Instant, Instant> = z
  .string()
  .meta({ id: 'Instant', description: 'RFC 3339 in UTC with microseconds: 2026-11-24T10:00:00.000000Z' });

export const HashSchema = z.string().describe('SHA-256 as 64 hex digits');

export const JsonSchema: z.ZodType<Json, Json> = z
  .custom<Json>((value) => value !== undefined, 'expected a JSON value')
  .meta({ id: 'Json', description: 'Any JSON value; integers may have any number of digits' });

export const JsonObjectSchema: z.ZodType<JsonObject, JsonObject> = z
  .custom<JsonObject>((value) => isJsonObject(value as Json | undefined), 'expected a JSON object')
  .meta({ id: 'JsonObject', type: 'object', additionalProperties: true, description: 'Any JSON object' });

/** A query parameter that is `true` or `false`. */
export const FlagSchema = z.preprocess(
  (text) => (text === 'true' ? true : text === 'false' ? false : text),
  z.boolean(),
);

/** A text without control characters, for filters. */
export const WordSchema = z
  .string()
  .regex(/^[^\p{Cc}\p{Surrogate}]{1,255}$/u, 'expected 1 to 255 printable characters');

export const ProblemSchema = z
  .object({
    message: z.string().describe('What is wrong and what was expected'),
    file: z.string().optional().describe('Path inside the pack'),
    line: z.int().optional().describe('One-based'),
    column: z.int().optional().describe('One-based, in UTF-16 code units'),
    end_line: z.int().optional().describe('Where it ends, if it is a word or a value'),
    end_column: z.int().optional().describe('The first character behind it'),
    code: z
      .enum(Object.keys(problemCodes) as [ProblemCode, ...ProblemCode[]])
      .optional()
      .describe('What kind of problem it is, if it is one in the files of a pack; docs/pack-check.md tells of each'),
    pointer: z.string().optional().describe('JSON pointer into what was sent'),
  })
  .meta({ id: 'Problem', description: 'One thing wrong at one place' });

export const ErrorAnswerSchema = z
  .object({
    error: z.object({
      code: z.string().describe('Stable; decide by this, never by the message'),
      message: z.string(),
      details: z.array(ProblemSchema),
      request_id: z.string().describe('Also in the header X-Request-Id and in the log of the server'),
    }),
  })
  .meta({ id: 'ErrorAnswer', description: 'The one shape of every error' });

/** The answer about one thing. */
export const oneOf = <T extends z.ZodType>(data: T) => z.object({ data });

/** The answer of a list: newest first. */
export const listOf = <T extends z.ZodType>(row: T) =>
  z.object({
    data: z.array(row),
    next_cursor: z.string().nullable().describe('Pass it as `cursor` for the next page; null: this is the last'),
  });

export const pageQuery = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(pageLimit.most)
    .default(pageLimit.default)
    .describe(`Rows of a page, 1 to ${pageLimit.most}`),
  cursor: z.string().max(200).optional().describe('The `next_cursor` of the page before'),
};

export const idParams = z.object({ id: IdSchema });
export const refParams = z.object({ ref: GivenRefSchema });
