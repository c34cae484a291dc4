import { canonicalJson } from '../../hash.ts';
import { isJsonObject, ownValue, type Json } from '../../json.ts';
import { childPointer } from '../../yaml/pointer.ts';

/** A place at which two values differ. What one does not have is undefined there. */
export interface ValueDifference {
  pointer: string;
  one: Json | undefined;
  other: Json | undefined;
}

/** The places at which two values differ, as deep inside as they can be told, in the order of the other one's keys; empty where they are
 *  the same. */
export function differencesOf(one: Json | undefined, other: Json | undefined, pointer = ''): ValueDifference[] {
  if (one === undefined || other === undefined) return one === other ? [] : [{ pointer, one, other }];
  if (canonicalJson(one) === canonicalJson(other)) return [];
  if (Array.isArray(one) && Array.isArray(other)) {
    const length = Math.max(one.length, other.length);
    return Array.from({ length }, (_, index) => index).flatMap((index) =>
      differencesOf(one[index], other[index], childPointer(pointer, index)),
    );
  }
  if (isJsonObject(one) && isJsonObject(other)) {
    const keys = new Set([...Object.keys(other), ...Object.keys(one)]);
    return [...keys].flatMap((key) =>
      differencesOf(ownValue(one, key), ownValue(other, key), childPointer(pointer, key)),
    );
  }
  return [{ pointer, one, other }];
}
