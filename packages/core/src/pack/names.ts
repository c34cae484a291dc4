import { patternForm } from '../yaml/shape.ts';

/** At most 120 characters: a ref of two fits the column of every table. */
const identifier = '[a-z][a-z0-9_-]{0,119}';

/** Of two characters at least, as the founding tables have it. */
export const packRefForm = patternForm('a pack ref (a-z, then one or more of a-z 0-9 _ -)', /^[a-z][a-z0-9_-]{1,119}$/);

/** `pack.name`: exactly two identifiers. */
export const refForm = patternForm(
  'a ref of the form pack.name (a-z, then a-z 0-9 _ -)',
  new RegExp(`^${identifier}\\.${identifier}$`),
);

/** A ref as rules may write it: an identifier alone means one of the rule's own pack. */
export const shortRefForm = patternForm(
  'a ref of the form pack.name, or the name alone for one of this pack',
  new RegExp(`^${identifier}(\\.${identifier})?$`),
);

export const isRef = (text: string): boolean => refForm.test(text);

/** A short ref with its pack in front. */
export const completeRef = (ref: string, pack: string): string => (ref.includes('.') ? ref : `${pack}.${ref}`);

export const packOf = (ref: string): string => ref.slice(0, Math.max(0, ref.indexOf('.')));

/** What people read where no label is given: `Http Request` for `core.http_request`. */
export function labelOf(ref: string): string {
  const name = ref.slice(ref.indexOf('.') + 1);
  return name
    .split(/[_-]+/)
    .filter((word) => word !== '')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join(' ');
}
