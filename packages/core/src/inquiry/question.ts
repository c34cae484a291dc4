import type { Problem } from '../errors.ts';
import type { Id } from '../execution/execution.ts';
import { isJsonObject, ownValue, type Json, type JsonObject } from '../json.ts';
import { flatSchema, type FlatSchema } from '../schema/flat-schema.ts';
import { choice, defaulted, integer, isText, optional, record, text } from '../yaml/shape.ts';

/** What a person is asked. */
export interface Question {
  prompt: string;
  /** What the answer must look like; null: any JSON value. */
  response_schema: FlatSchema | null;
  /** The identity that is asked, by id or login; null: whoever may answer inquiries. */
  assigned_to: Assignee | null;
  /** Longest to wait for the answer, in seconds; null: as long as it takes. */
  timeout_seconds: number | null;
}

/** Digits are an id, and where no identity has it a login. */
export type Assignee = { id: Id; login: string } | { id: null; login: string };

/** What is asked where no prompt was given. */
export const defaultPrompt = 'An answer is needed';

/** Longest prompt, in characters. */
const longestPrompt = 10_000;

/** Longest an answer may be waited for: a year. */
const longestTimeout = 31_536_000;

const isNumber = (value: Json): boolean => typeof value === 'number' || typeof value === 'bigint';

const questionShape = record({
  prompt: defaulted(text({ maxLength: longestPrompt }), defaultPrompt),
  response_schema: optional(flatSchema),
  assigned_to: optional(
    choice<string | number>('the id or the login of an identity', [
      [isText, text({ maxLength: 255 })],
      [isNumber, integer(1)],
    ]),
  ),
  timeout_seconds: optional(integer(1, longestTimeout)),
});

/** Reads what an action asks: the parameters of `core.ask`, or the `__inquiry` of a result.
 *  @param pointer where it stands, for the places of problems. */
export function readQuestion(value: Json, pointer: string): { question?: Question; problems: Problem[] } {
  const problems: Problem[] = [];
  const read = questionShape.read(value, pointer, (place, message) => void problems.push({ message, pointer: place }));
  if (read === undefined || problems.length > 0) return { problems };
  const { prompt, response_schema = null, assigned_to = null, timeout_seconds = null } = read;
  return { question: { prompt, response_schema, assigned_to: assigneeOf(assigned_to), timeout_seconds }, problems };
}

function assigneeOf(given: string | number | null): Assignee | null {
  if (given === null) return null;
  const name = String(given);
  return { id: /^\d{1,18}$/.test(name) ? name : null, login: name };
}

/** The key by which the output of an action asks a person. */
const questionKey = '__inquiry';

/** Where the question of a result stands in it. */
export const questionPointer = `/data/${questionKey}`;

/** What a result asks beside what it answers; undefined where it asks nothing. */
export function askedIn(result: JsonObject): { asked: Json; rest: JsonObject } | undefined {
  const data = ownValue(result, 'data');
  const asked = isJsonObject(data) ? ownValue(data, questionKey) : undefined;
  if (asked === undefined || !isJsonObject(data)) return undefined;
  const rest = Object.fromEntries(Object.entries(data).filter(([key]) => key !== questionKey));
  return { asked, rest: { ...result, data: rest } };
}
