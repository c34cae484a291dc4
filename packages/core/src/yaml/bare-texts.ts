import type { CST } from 'yaml';
import { blockAt } from '../expression/block.ts';
import type { Mistake } from './mistakes.ts';

/** Values without quotes that YAML reads as something else, where it is clear what was meant: one that begins with `{{`, which YAML reads
 *  as two maps, and one inside of `{ }` or `[ ]` with a comma in its parentheses, which ends it.
 *  @returns where each is, and the text with a word of the same length in its place, so that the rest of the file can be read. */
export function bareTexts(source: string, tokens: readonly CST.Token[]): { mistakes: Mistake[]; text: string } {
  if (!mayHoldAny.test(source)) return { mistakes: [], text: source };
  let text = source;
  let masked = 0;
  const mistakes = tokens
    .flatMap((token) => [...bareTextsIn(source, token)])
    .sort((a, b) => a.start - b.start)
    .filter(({ start, end }) => {
      if (start < masked) return false;
      masked = end;
      text = text.slice(0, start) + text.slice(start, end).replace(/[^\r\n]/g, 'x') + text.slice(end);
      return true;
    })
    .map(({ start, end, why, code }): Mistake => {
      return { offset: start, code, message: `${why}: write ${quoted(source.slice(start, end).trimEnd())}` };
    });
  return { mistakes, text };
}

/** Most files hold none, and need no walk. */
const mayHoldAny = /(?:^|[\s[{,])\{\{|[{[][^\n]*\([^)\n]*,/;

interface BareText {
  start: number;
  end: number;
  why: string;
  code: Mistake['code'];
}

function* bareTextsIn(source: string, root: CST.Token): Generator<BareText> {
  const open: { token: CST.Token; isInFlow: boolean }[] = [{ token: root, isInFlow: false }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, isInFlow } = next;
    const isFlow = token.type === 'flow-collection';
    if (isFlow && token.start.source === '{' && source.startsWith('{{', token.offset)) {
      yield bareTemplate(source, token.offset, isInFlow);
      continue;
    }
    if (isInFlow && token.type === 'scalar' && holdsOpenParenthesis(token.source)) {
      yield cutText(source, token.offset);
      continue;
    }
    if (token.type === 'document' && token.value !== undefined) open.push({ token: token.value, isInFlow });
    if (!('items' in token)) continue;
    for (const item of token.items) {
      if (item.key) open.push({ token: item.key, isInFlow: isInFlow || isFlow });
      if (item.value) open.push({ token: item.value, isInFlow: isInFlow || isFlow });
    }
  }
}

function bareTemplate(source: string, start: number, isInFlow: boolean): BareText {
  const end = blockAt(source, start)?.end ?? lineEnd(source, start);
  return {
    start,
    // In block style a value goes on to the end of its line.
    end: isInFlow ? end : endOfValue(source, end),
    why: 'A value that begins with {{ needs quotes, else YAML reads a map there',
    code: 'yaml_template',
  };
}

function cutText(source: string, start: number): BareText {
  return {
    start,
    end: endOfCall(source, start),
    why: 'A comma ends a value inside of { } and [ ], so this one needs quotes',
    code: 'yaml_quotes',
  };
}

const holdsOpenParenthesis = (text: string): boolean => text.split('(').length > text.split(')').length;

/** Where a value ends in which parentheses are open: at the next comma or bracket outside of them, and of strings. */
function endOfCall(source: string, start: number): number {
  const stop = lineEnd(source, start);
  let depth = 0;
  for (let at = start; at < stop; at += 1) {
    const character = source[at] ?? '';
    if (character === '"' || character === "'") at = Math.max(at, source.indexOf(character, at + 1));
    else if ('(['.includes(character)) depth += 1;
    else if (depth === 0 && ',]}'.includes(character)) return start + source.slice(start, at).trimEnd().length;
    else if (')]'.includes(character)) depth -= 1;
  }
  return stop;
}

/** A value as it should stand in the file. */
function quoted(value: string): string {
  const quote = value.includes("'") ? '"' : "'";
  const isShowable = value.length <= 60 && !value.includes(quote) && !value.includes('\n');
  return isShowable ? `${quote}${value}${quote}` : `${quote}...${quote}`;
}

/** The end of the line, without a comment. */
function endOfValue(source: string, from: number): number {
  const line = source.slice(from, lineEnd(source, from));
  const comment = / #/.exec(line)?.index ?? line.length;
  return from + line.slice(0, comment).trimEnd().length;
}

function lineEnd(source: string, offset: number): number {
  const end = source.indexOf('\n', offset);
  return end === -1 ? source.length : end;
}
