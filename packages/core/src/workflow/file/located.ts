import type { Json, JsonObject } from '../../json.ts';
import type { Field, Shape } from '../../yaml/shape.ts';
import { optional } from '../../yaml/shape.ts';

/** A part of a file that still knows where it stood, as a JSON pointer. */
export interface Located<T> {
  pointer: string;
  value: T;
}

export const located = <T>(shape: Shape<T>): Shape<Located<T>> => ({
  expected: shape.expected,
  schema: shape.schema,
  read: (value, pointer, report) => {
    const read = shape.read(value, pointer, report);
    return read === undefined ? undefined : { pointer, value: read };
  },
});

/** A key that the language has and nothing carries out yet. A wish that is silently ignored is worse than an error, so only values
 *  that wish for nothing are accepted. */
export const unavailable = (): Field<null, 'optional'> =>
  optional({
    expected: 'left out',
    schema: () => ({ enum: [null, false, '', [], {}], description: 'Not available in this version.' }),
    read: (value, pointer, report) => {
      if (wishesNothing(value)) return null;
      const key = pointer.slice(pointer.lastIndexOf('/') + 1);
      report(pointer, `"${key}" is not available in this version; leave it out`, 'unsupported', 'key');
      return undefined;
    },
  });

const wishesNothing = (value: Json | JsonObject): boolean =>
  value === '' || value === false || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
