import type { Json } from '../json.ts';
import { optional, type Field, type Shape } from '../yaml/shape.ts';

/** A key of the format that nothing carries out yet. Its neutral values are accepted, anything else is refused: a wish that is
 *  silently ignored is worse than an error. */
export const unsupported = (): Field<null, 'optional'> => optional(neutral);

const neutral: Shape<null> = {
  expected: 'left out',
  schema: () => ({ enum: [null, false, '', [], {}], description: 'Not carried out yet.' }),
  read: (value, pointer, report) => {
    if (isNeutral(value)) return null;
    report(
      pointer,
      `"${pointer.slice(pointer.lastIndexOf('/') + 1)}" is not carried out yet: leave it out`,
      'unsupported',
      'key',
    );
    return undefined;
  },
};

const isNeutral = (value: Json): boolean =>
  value === null || value === false || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);
