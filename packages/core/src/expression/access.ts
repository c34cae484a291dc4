import { suggestion } from '../yaml/nearest.ts';
import { named } from './comparison.ts';
import type { Evaluation } from './evaluation.ts';
import { isInteger, isNumeric, operandOf } from './number.ts';
import { characterCount, characterSlice } from './text.ts';
import { isMap, ownMember, type Value, type ValueMap } from './value.ts';

/** Why there is nothing behind a key. */
interface Absence {
  kind: 'not_found' | 'type' | 'out_of_bounds';
  message: string;
}

/** The field or element of a container.
 *  @param dotted written as `container.key`: then digits are also an index of a list.
 *  @returns undefined where there is none and `missing` is 'null'. */
export function access(
  container: Value,
  key: Value,
  options: { dotted: boolean; missing: 'null' | 'error' },
  evaluation: Evaluation,
): Value | undefined {
  const found = find(container, key, options.dotted, evaluation);
  if (found !== undefined || options.missing === 'null') return found;
  const { kind, message } = explain(container, key, options.dotted);
  return evaluation.fail(kind, message);
}

/** The field or element of a container; undefined where there is none, whatever the reason. */
export function find(container: Value, key: Value, dotted: boolean, evaluation: Evaluation): Value | undefined {
  if (typeof key === 'string') {
    if (isMap(container)) return ownMember(container, key);
    return dotted && Array.isArray(container) && /^\d{1,15}$/.test(key) ? container[Number(key)] : undefined;
  }
  if (!isNumeric(key)) return undefined;
  const index = operandOf(key, evaluation);
  if (!isInteger(index)) return undefined;
  if (Array.isArray(container)) return container.at(Number(index));
  return typeof container === 'string' ? characterAt(container, Number(index), evaluation) : undefined;
}

function characterAt(text: string, index: number, evaluation: Evaluation): string | undefined {
  evaluation.read(text.length);
  const count = characterCount(text);
  const place = index < 0 ? count + index : index;
  return place >= 0 && place < count ? characterSlice(text, place, place + 1) : undefined;
}

function explain(container: Value, key: Value, dotted: boolean): Absence {
  if (isMap(container)) {
    return typeof key === 'string'
      ? { kind: 'not_found', message: noField(container, key) }
      : { kind: 'type', message: `A field is named by a string, not by ${named(key)}` };
  }
  if (Array.isArray(container) || typeof container === 'string') {
    const whole = Array.isArray(container) ? 'list' : 'string';
    const index = indexText(key, dotted && Array.isArray(container));
    if (index !== undefined) return { kind: 'out_of_bounds', message: outOfBounds(whole, container, index) };
    const given = typeof key === 'string' ? `the name ${quoted(key)}` : named(key);
    return { kind: 'type', message: `A ${whole} is indexed by an integer, not by ${given}; int(x) makes one` };
  }
  const asked = typeof key === 'string' ? `field ${quoted(key)}` : 'element';
  return {
    kind: 'type',
    message: `${capitalized(named(container))} has no ${asked}; only objects, lists and strings have parts`,
  };
}

/** An index as it was written; undefined if a key is none. */
function indexText(key: Value, mayBeDigits: boolean): string | undefined {
  if (typeof key === 'string') return mayBeDigits && /^\d+$/.test(key) ? key : undefined;
  return isNumeric(key) && isInteger(key) ? key.toString() : undefined;
}

function noField(map: ValueMap, key: string): string {
  // In one order whatever the object came through: a message stands in records, which are compared.
  const keys = Object.keys(map).sort();
  const has = keys.length === 0 ? 'the object is empty' : `it has ${enumerate(keys)}`;
  const meant = suggestion(key, keys);
  return `There is no field ${quoted(key)}; ${has}.${meant} get(object, ${quoted(key)}, default) reads what may be missing`;
}

function outOfBounds(whole: string, container: Value[] | string, index: string): string {
  const length = typeof container === 'string' ? characterCount(container) : container.length;
  return `The index ${index} is outside of the ${whole}, whose length is ${length}; length(x) tells it`;
}

/** The first few of many names. */
function enumerate(names: readonly string[]): string {
  const shown = names.slice(0, 5).map(quoted).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

const quoted = (name: string): string => JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
