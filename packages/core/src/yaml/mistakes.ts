import { isScalar, Scalar, visit, type Document, type YAMLError } from 'yaml';
import type { ProblemCode } from '../problem-code.ts';

/** Something wrong with a file as YAML. */
export interface Mistake {
  /** Where in the text. */
  offset: number;
  message: string;
  code: ProblemCode;
}

/** The errors of the YAML library in an author's words, with the way out. One mistake often makes the library stumble several times:
 *  only the first of those that stand close together is told. */
export function mistakesIn(source: string, document: Document): Mistake[] {
  const errors = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
  const told: YAMLError[] = [];
  for (const error of errors) {
    const last = told.at(-1);
    if (last === undefined || !isEcho(source, last, error)) told.push(error);
  }
  return told.map((error) => explain(source, document, error, errors));
}

const isEcho = (source: string, first: YAMLError, second: YAMLError): boolean =>
  second.pos[0] <= first.pos[1] || !source.slice(first.pos[0], second.pos[0]).trimStart().includes('\n');

function explain(source: string, document: Document, error: YAMLError, all: readonly YAMLError[]): Mistake {
  const [start] = error.pos;
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return {
        offset: Math.max(start, source.indexOf('\t', start)),
        code: 'yaml_tab',
        message: 'A tab stands where YAML wants spaces: indent with spaces only',
      };
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'BLOCK_IN_FLOW':
      return all.some((other) => other.code === 'MULTILINE_IMPLICIT_KEY' && other.pos[0] - start <= 1)
        ? indentation(source, start)
        : quotes(start, 'A text with ": " in it needs quotes, else YAML reads a key there');
    case 'MULTILINE_IMPLICIT_KEY':
      return withoutColon(source, start);
    case 'BAD_INDENT':
      return error.message.startsWith('Flow') ? unclosed(error, start) : indentation(source, start);
    case 'BAD_SCALAR_START':
      return quotes(
        start,
        `A text that begins with ${source[start] ?? ''} needs quotes: YAML keeps the character for itself`,
      );
    case 'BAD_ALIAS':
      return quotes(start, 'A text that begins with & or * needs quotes: YAML reads an anchor or an alias there');
    case 'TAG_RESOLVE_FAILED':
      return tag(source, error, start);
    case 'MISSING_CHAR':
      return missingCharacter(source, document, error, start);
    case 'UNEXPECTED_TOKEN':
      return unexpected(source, document, error, start);
    default:
      return { offset: start, code: 'yaml_syntax', message: error.message };
  }
}

const crowded =
  'Something is missing between two parts here: a comma or a colon, or quotes around a text with , : [ ] { } in it';

const quotes = (offset: number, message: string): Mistake => ({ offset, code: 'yaml_quotes', message });

/** A line that begins in the wrong column: the first with something on it from `offset` on. */
function indentation(source: string, offset: number): Mistake {
  const lineEnd = source.indexOf('\n', offset);
  const isBehindText = source.slice(source.lastIndexOf('\n', offset - 1) + 1, offset).trim() !== '';
  const from = isBehindText && lineEnd !== -1 ? lineEnd : offset;
  const first = from + (/^\s*/.exec(source.slice(from))?.[0].length ?? 0);
  const column = first - source.lastIndexOf('\n', first - 1);
  return {
    offset: first,
    code: 'yaml_indentation',
    message: `Nothing can begin in column ${column} here: let it begin in the same column as the lines it belongs with`,
  };
}

/** A line that should have been `key: value`. */
function withoutColon(source: string, offset: number): Mistake {
  const [line = ''] = source.slice(offset).split('\n');
  const key = /^[\w-]+(?=:\S)/.exec(line)?.[0];
  const message =
    key === undefined
      ? 'This line is no entry of the map: a key needs ": " and a value behind it'
      : `A colon needs a space behind it: write "${key}: ${line.slice(key.length + 1)}"`;
  return { offset, code: 'yaml_syntax', message };
}

const unclosed = (error: YAMLError, offset: number): Mistake => {
  const [what, open, close] = error.message.includes('map') ? ['map', '{', '}'] : ['list', '[', ']'];
  return {
    offset,
    code: 'yaml_syntax',
    message: `The ${what} that began with ${open} is not closed before this line: add ${close}`,
  };
};

function tag(source: string, error: YAMLError, start: number): Mistake {
  const written = error.message.replace('Unresolved tag: ', '');
  const offset = source.lastIndexOf(written, start);
  return quotes(
    offset === -1 ? start : offset,
    `${written} is a tag to YAML, and no known one: put quotes around the value; in an expression write "not" instead of "!"`,
  );
}

function missingCharacter(source: string, document: Document, error: YAMLError, start: number): Mistake {
  if (error.message.startsWith('Sequence item')) return indentation(source, start);
  if (error.message.startsWith('Missing closing')) {
    const offset = quotedBefore(document, start);
    return { offset: offset ?? start, code: 'yaml_syntax', message: 'The quote that opens here is never closed' };
  }
  if (error.message.includes('flow')) return { offset: start, code: 'yaml_syntax', message: crowded };
  return { offset: start, code: 'yaml_syntax', message: error.message };
}

function unexpected(source: string, document: Document, error: YAMLError, start: number): Mistake {
  const before = source.slice(source.lastIndexOf('\n', start - 1) + 1, start);
  if (before.trim() === '') return indentation(source, start);
  const opened = quotedBefore(document, start);
  if (opened !== undefined && !source.slice(opened, start).includes('\n')) {
    const other = source[opened] === '"' ? "'" : '"';
    return quotes(
      start,
      `A value that begins with a quote ends with it: put the whole value in ${other === "'" ? 'single' : 'double'} quotes, as in ${other}${source[opened] ?? ''}a${source[opened] ?? ''} in x${other}`,
    );
  }
  if (/[|>]\s*$/.test(before)) {
    return quotes(
      start - (/[|>]\s*$/.exec(before)?.[0].length ?? 0),
      'A text that begins with | or > needs quotes: YAML begins a block of lines there',
    );
  }
  const message = error.message.startsWith('Unexpected flow') ? crowded : error.message;
  return { offset: start, code: 'yaml_syntax', message };
}

/** Where the last text in quotes begins that begins before `offset`. */
function quotedBefore(document: Document, offset: number): number | undefined {
  let found: number | undefined;
  visit(document, {
    Scalar: (_, node) => {
      const isQuoted = isScalar(node) && (node.type === Scalar.QUOTE_DOUBLE || node.type === Scalar.QUOTE_SINGLE);
      const begin = node.range?.[0];
      if (isQuoted && begin !== undefined && begin < offset) found = begin;
    },
  });
  return found;
}
