import { childPointer, type Json, type JsonObject } from '@attune/core';

export interface Storable {
  value: JsonObject;
  /** JSON pointers of what was changed, at most 100. */
  escaped: string[];
}

/** How deep lists and maps may nest: PostgreSQL and whoever reads a result recurse into them. */
const deepest = 200;
const mostPointers = 100;

/** U+0000 and halves of surrogate pairs, which jsonb cannot hold. */
const unstorable = /[\0\p{Surrogate}]/gu;

const escapeOf = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** A place as the way back to the root: a pointer is only spelt where something is wrong. */
interface Place {
  parent: Place | undefined;
  key: string | number;
}

/** A result as PostgreSQL can keep it. Characters that jsonb refuses become the six characters of their JSON escape, numbers that JSON
 *  cannot spell become null, what is nested too deep becomes null; each place is named. */
export function storable(result: JsonObject): Storable {
  const escaped: string[] = [];
  const mark = (place: Place | undefined): null => {
    if (escaped.length < mostPointers) escaped.push(pointerOf(place));
    return null;
  };
  const text = (raw: string, place: Place): string => {
    const clean = raw.replace(unstorable, escapeOf);
    if (clean !== raw) mark(place);
    return clean;
  };
  const visit = (value: Json, place: Place, depth: number): Json => {
    if (typeof value === 'string') return text(value, place);
    if (typeof value === 'number') return Number.isFinite(value) ? value : mark(place);
    if (typeof value !== 'object' || value === null) return value;
    if (depth > deepest) return mark(place);
    if (Array.isArray(value)) return value.map((item, key) => visit(item, { parent: place, key }, depth + 1));
    return object(value, place, depth);
  };
  const object = (value: JsonObject, parent: Place | undefined, depth: number): JsonObject =>
    Object.fromEntries(
      Object.entries(value).map(([key, member]) => {
        const clean = key.replace(unstorable, escapeOf);
        const place = { parent, key: clean };
        if (clean !== key) mark(place);
        return [clean, visit(member, place, depth + 1)];
      }),
    );
  return { value: object(result, undefined, 0), escaped };
}

const pointerOf = (place: Place | undefined): string =>
  place === undefined ? '' : childPointer(pointerOf(place.parent), place.key);
