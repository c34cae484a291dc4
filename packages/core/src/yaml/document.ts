import {
  Composer,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  Parser,
  type Alias,
  type Document,
  type Node,
} from 'yaml';
import type { Problem } from '../errors.ts';
import type { Json } from '../json.ts';
import { resolveAliases } from './aliases.ts';
import { convert, offsetOf } from './convert.ts';
import { nestingDepth } from './nesting.ts';
import { pointerKeys } from './pointer.ts';
import { offsetInSource } from './text-offset.ts';

/** A position in a text, counted from one. */
export interface Place {
  line: number;
  column: number;
}

/** A YAML file as a JSON value whose parts still know where they stood. */
export interface YamlDocument {
  /** Path of the file inside its pack, as given to {@link readYaml}. */
  file: string;
  /** Undefined if there are problems: a file that is not sound YAML has no value. Maps have a null prototype. */
  value: Json | undefined;
  /** Everything wrong with it as YAML, in the order of the text. */
  problems: Problem[];
  /** Where the value named by a JSON pointer begins; of what does not exist, where the innermost container on its way begins. */
  at: (pointer: string) => Place;
  /** Where the key of the map entry named by a JSON pointer begins; of anything else, the same as `at`. */
  keyAt: (pointer: string) => Place;
  /** Where a character of the text named by a JSON pointer stands, counted in UTF-16 code units from its first; of what is no text,
   *  the same as `at`. */
  within: (pointer: string, offset: number) => Place;
}

export interface YamlLimits {
  /** Longest text in UTF-16 code units. @default 1048576 */
  length?: number;
  /** How deep collections may nest. @default 100 */
  depth?: number;
}

/** Reads one YAML 1.2 document (core schema: `no` is a text, `012` is twelve). Refused, each with its place: syntax errors,
 *  several documents, duplicate and non-text keys, unknown tags, aliases that explode or contain themselves, infinite numbers,
 *  U+0000, lone surrogates, and texts beyond the limits. Integers beyond 2^53 become bigint, never rounded. Never throws. */
export function readYaml(text: string, file: string, limits: YamlLimits = {}): YamlDocument {
  const { length = 1_048_576, depth = 100 } = limits;
  if (text.length > length) return refusedYaml(file, `The file is longer than ${length} characters`);

  const lines = new LineCounter();
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  if (tokens.some((token) => nestingDepth(token) > depth)) {
    return refusedYaml(file, `Lists and maps are nested deeper than ${depth} levels`);
  }
  // uniqueKeys compares every key with every other; conversion finds duplicates in one pass.
  const composer = new Composer({ intAsBigInt: true, uniqueKeys: false, version: '1.2', logLevel: 'silent' });
  const [document, second] = [...composer.compose(tokens, true, text.length)];
  if (document === undefined) return refusedYaml(file, 'The file is empty');

  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const found: { offset: number; message: string }[] = [];
  const complain = (offset: number, message: string): void => void found.push({ offset, message });
  for (const error of [...document.errors, ...document.warnings]) complain(error.pos[0], error.message);
  if (second !== undefined)
    complain(second.range[0], 'The file must hold one YAML document, and a second one begins here');
  const sources = resolveAliases(document);
  const value = found.length === 0 ? convert(document, sources, complain) : undefined;
  if (value === null && found.length === 0) complain(0, 'The file is empty');

  return {
    file,
    value: found.length === 0 ? value : undefined,
    problems: found
      .sort((a, b) => a.offset - b.offset)
      .map(({ offset, message }) => ({ message, file, ...placeOf(offset) })),
    at: (pointer) => placeOf(offsetOf(locate(document, sources, pointer).node)),
    keyAt: (pointer) => {
      const { node, key } = locate(document, sources, pointer);
      return placeOf(offsetOf(key ?? node));
    },
    within: (pointer, offset) => {
      const { node } = locate(document, sources, pointer);
      const scalar = isAlias(node) ? sources.get(node) : node;
      const isText = isScalar(scalar) && typeof scalar.value === 'string';
      return placeOf(isText ? offsetInSource(text, scalar, offset) : offsetOf(node));
    },
  };
}

/** A file of which nothing can be read, with the reason. */
export function refusedYaml(file: string, message: string): YamlDocument {
  const start = (): Place => ({ line: 1, column: 1 });
  return { file, value: undefined, problems: [{ message, file, ...start() }], at: start, keyAt: start, within: start };
}

/** The node a pointer names, with its key if it is an entry of a map; else the innermost existing node on the way. */
function locate(
  document: Document,
  sources: ReadonlyMap<Alias, Node>,
  pointer: string,
): { node: unknown; key?: unknown } {
  let node: unknown = document.contents;
  let key: unknown;
  for (const name of pointerKeys(pointer)) {
    const container = isAlias(node) ? sources.get(node) : node;
    if (isMap(container)) {
      const pair = container.items.find((entry) => isScalar(entry.key) && entry.key.value === name);
      if (pair === undefined) return { node };
      key = pair.key;
      node = pair.value ?? pair.key;
    } else if (isSeq(container)) {
      const element: unknown = container.items[Number(name)];
      if (element === undefined) return { node };
      key = undefined;
      node = element;
    } else {
      return { node };
    }
  }
  return key === undefined ? { node } : { node, key };
}

/** A problem with the value at `pointer`, or with its key. */
export const problemAt = (
  document: YamlDocument,
  pointer: string,
  message: string,
  of: 'value' | 'key' = 'value',
): Problem => ({
  message,
  file: document.file,
  ...(of === 'key' ? document.keyAt(pointer) : document.at(pointer)),
  pointer,
});
