import { isAlias, isMap, isScalar, isSeq, type Alias, type Document, type Node, type Pair, type YAMLMap } from 'yaml';
import type { Json, JsonObject } from '../json.ts';
import type { ProblemCode } from '../problem-code.ts';

/** Values that one document may expand to; aliases count each time they are used, so that a bomb of aliases stops here. */
const mostValues = 100_000;

/** What jsonb cannot hold. */
const unstorable = /\0|\p{Surrogate}/u;

export type Complain = (offset: number, message: string, code?: ProblemCode) => void;

/** A composed document as a JSON value. Everything JSON cannot say is told to `complain` with its offset in the text; the value
 *  is to be used only if nothing was, or only duplicate keys, of which the last counts. */
export function convert(document: Document, sources: ReadonlyMap<Alias, Node>, complain: Complain): Json {
  let values = 0;
  /** Anchored nodes whose aliases are being expanded: meeting one again means that it contains itself. */
  const expanding = new Set<Node>();

  const read = (node: unknown): Json => {
    values += 1;
    if (values > mostValues) throw new TooManyValues();
    if (isAlias(node)) {
      const source = sources.get(node);
      if (source === undefined) {
        complain(
          offsetOf(node),
          `No value before this alias carries the anchor &${node.source}; a text that begins with * needs quotes`,
          'yaml_quotes',
        );
        return null;
      }
      if (expanding.has(source)) {
        complain(offsetOf(node), `The alias *${node.source} refers to a value that contains it`);
        return null;
      }
      return read(source);
    }
    if (isScalar(node)) return readScalar(node.value, offsetOf(node), complain);
    if (!isMap(node) && !isSeq(node)) return null;
    expanding.add(node);
    const value = isMap(node) ? readMap(node) : node.items.map(read);
    expanding.delete(node);
    return value;
  };

  const readMap = (map: YAMLMap): JsonObject => {
    // A null prototype, so that a key named __proto__ is a key like any other.
    const object = Object.create(null) as JsonObject;
    for (const pair of map.items) {
      const key = readKey(pair, map, complain);
      if (key === undefined) continue;
      if (Object.hasOwn(object, key)) {
        complain(offsetOf(pair.key), `The key "${key}" stands twice in the same map`, 'yaml_duplicate_key');
      }
      object[key] = read(pair.value);
    }
    return object;
  };

  try {
    return read(document.contents);
  } catch (error) {
    if (!(error instanceof TooManyValues)) throw error;
    complain(0, `The file expands to more than ${mostValues} values (aliases count each time they are used)`);
    return null;
  }
}

class TooManyValues extends Error {}

/** Where a node begins in the text; 0 where the composer left no range. */
export function offsetOf(node: unknown): number {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : 0;
}

function readKey(pair: Pair, map: YAMLMap, complain: Complain): string | undefined {
  const offset = pair.key === null ? offsetOf(map) : offsetOf(pair.key);
  if (!isScalar(pair.key)) {
    complain(offset, 'A key must be a text, not a list, a map or an alias');
    return undefined;
  }
  const key = pair.key.value;
  if (typeof key !== 'string') {
    const written = pair.key.source ?? String(key);
    complain(offset, written === '' ? 'A key is missing' : `A key must be a text: put quotes around ${written}`);
    return undefined;
  }
  if (unstorable.test(key)) complain(offset, unstorableMessage);
  return key;
}

function readScalar(value: unknown, offset: number, complain: Complain): Json {
  switch (typeof value) {
    case 'string':
      if (unstorable.test(value)) complain(offset, unstorableMessage);
      return value;
    case 'bigint': {
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : value;
    }
    case 'number':
      if (!Number.isFinite(value))
        complain(offset, 'A number must be finite: JSON knows no infinity and no not-a-number');
      return value;
    case 'boolean':
      return value;
    default:
      if (value !== null) complain(offset, 'This value has no JSON form');
      return null;
  }
}

const unstorableMessage = 'A text must not contain the character U+0000 or a surrogate without its other half';
