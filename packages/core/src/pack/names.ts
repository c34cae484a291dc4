import type { TextForm } from '../yaml/shape.ts';

const identifier = /^[a-z][a-z0-9_-]*$/;

/** Longest identifier: a ref of two fits the column of every table. */
const longestIdentifier = 120;

export const isIdentifier = (text: string): boolean => text.length <= longestIdentifier && identifier.test(text);

/** `pack.name`: exactly two identifiers. */
export function isRef(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 2 && parts.every(isIdentifier);
}

export const identifierForm: TextForm = {
  expected: 'an identifier (a-z, then a-z 0-9 _ -)',
  test: isIdentifier,
};

export const refForm: TextForm = { expected: 'a ref of the form pack.name (a-z, then a-z 0-9 _ -)', test: isRef };

/** A ref as rules may write it: an identifier alone means one of the rule's own pack. */
export const shortRefForm: TextForm = {
  expected: 'a ref of the form pack.name, or the name alone for one of this pack',
  test: (text) => isIdentifier(text) || isRef(text),
};

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
