import {
  Composer,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Scalar,
  LineCounter,
  Parser,
  type Alias,
  type Document,
  type Node,
} from 'yaml';
import type { Problem } from '../errors.ts';
import type { Json } from '../json.ts';
import type { ProblemCode } from '../problem-code.ts';
import { resolveAliases } from './aliases.ts';
import { bareTexts } from './bare-texts.ts';
import { convert, offsetOf } from './convert.ts';
import { mistakesIn, type Mistake } from './mistakes.ts';
import { nestingDepth } from './nesting.ts';
import { pointerKeys } from './pointer.ts';
import { offsetInSource } from './text-offset.ts';

/** A position in a text, counted from one. */
export interface Place {
  line: number;
  column: number;
}

/** From where to where something stands in a text. The end, the first character behind it, is set for words and values of one
 *  kind, not for whole maps, lists and blocks of lines. */
export interface Span extends Place {
  end_line?: number;
  end_column?: number;
}

/** A YAML file as a JSON value whose parts still know where they stood. */
export interface YamlDocument {
  /** Path of the file inside its pack, as given to {@link readYaml}. */
  file: string;
  /** Undefined if there are problems: a file that is not sound YAML has no value. Maps have a null prototype. */
  value: Json | undefined;
  /** What can be read of a file in spite of its problems, so that all else that is wrong with it is found at the same time: a key that
   *  stands twice has its last value, a text that needs quotes a meaningless word. Undefined if it cannot be read at all. */
  readable: Json | undefined;
  /** Everything wrong with it as YAML, in the order of the text. */
  problems: Problem[];
  /** Where the value named by a JSON pointer begins; of what does not exist, where the innermost container on its way begins. */
  at: (pointer: string) => Span;
  /** Where the key of the map entry named by a JSON pointer begins; of anything else, the same as `at`. */
  keyAt: (pointer: string) => Span;
  /** Where a character of the text named by a JSON pointer stands, counted in UTF-16 code units from its first, and, where `length` is
   *  given, where as many characters end; of what is no text, the same as `at`. */
  within: (pointer: string, offset: number, length?: number) => Span;
  /** A number, a boolean or a plain text as it is written in the file; undefined for all else. */
  written: (pointer: string) => string | undefined;
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
  const bare = bareTexts(text, tokens);
  const source = bare.text;
  // uniqueKeys compares every key with every other; conversion finds duplicates in one pass.
  const composer = new Composer({ intAsBigInt: true, uniqueKeys: false, version: '1.2', logLevel: 'silent' });
  const sound = bare.mistakes.length === 0 ? tokens : [...new Parser().parse(source)];
  const [document, second] = [...composer.compose(sound, true, source.length)];
  if (document === undefined) return refusedYaml(file, 'The file is empty');

  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const spanOf = (start: number, end: number): Span => {
    const { line, column } = placeOf(end);
    return { ...placeOf(start), end_line: line, end_column: column };
  };
  const nodeSpan = (node: unknown): Span => {
    const [start, end] = isScalar(node) && isOfOnePiece(node) ? (node.range ?? []) : [];
    return start === undefined || end === undefined || end === start ? placeOf(offsetOf(node)) : spanOf(start, end);
  };
  const unreadable: Mistake[] = mistakesIn(source, document);
  if (second !== undefined) {
    const message = 'The file must hold one YAML document, and a second one begins here';
    unreadable.push({ offset: second.range[0], message, code: 'yaml_value' });
  }
  const sources = resolveAliases(document);
  const partial: Mistake[] = [...bare.mistakes];
  const complain = (offset: number, message: string, code: ProblemCode = 'yaml_value'): void =>
    void (code === 'yaml_duplicate_key' ? partial : unreadable).push({ offset, message, code });
  const value = unreadable.length === 0 ? convert(document, sources, complain) : undefined;
  if (value === null && unreadable.length === 0) complain(0, 'The file is empty');

  const isReadable = unreadable.length === 0;
  return {
    file,
    value: isReadable && partial.length === 0 ? value : undefined,
    readable: isReadable ? value : undefined,
    problems: [...unreadable, ...partial]
      .sort((a, b) => a.offset - b.offset)
      .map(({ offset, message, code }) => ({ message, file, ...placeOf(offset), code })),
    at: (pointer) => nodeSpan(locate(document, sources, pointer).node),
    keyAt: (pointer) => {
      const { node, key } = locate(document, sources, pointer);
      return nodeSpan(key ?? node);
    },
    within: (pointer, offset, characters = 0) => {
      const { node } = locate(document, sources, pointer);
      const scalar = isAlias(node) ? sources.get(node) : node;
      if (!isScalar(scalar) || typeof scalar.value !== 'string') return nodeSpan(node);
      const start = offsetInSource(source, scalar, offset);
      return characters === 0
        ? placeOf(start)
        : spanOf(start, offsetInSource(source, scalar, offset + characters - 1) + 1);
    },
    written: (pointer) => {
      const { node } = locate(document, sources, pointer);
      return isScalar(node) && node.type === Scalar.PLAIN ? node.source : undefined;
    },
  };
}

const isOfOnePiece = ({ type }: Scalar): boolean =>
  type === Scalar.PLAIN || type === Scalar.QUOTE_DOUBLE || type === Scalar.QUOTE_SINGLE;

/** A file of which nothing can be read, with the reason. */
export function refusedYaml(file: string, message: string, code: ProblemCode = 'yaml_value'): YamlDocument {
  const start = (): Place => ({ line: 1, column: 1 });
  return {
    file,
    value: undefined,
    readable: undefined,
    problems: [{ message, file, ...start(), code }],
    at: start,
    keyAt: start,
    within: start,
    written: () => undefined,
  };
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
  code: ProblemCode,
  of: 'value' | 'key' = 'value',
): Problem => ({
  message,
  file: document.file,
  ...(of === 'key' ? document.keyAt(pointer) : document.at(pointer)),
  pointer,
  code,
});
