import type { CST } from 'yaml';
import { blockAt } from '../expression/block.ts';
import type { Mistake } from './mistakes.ts';

/** Values that begin with `{{` and have no quotes: YAML reads two maps there, never what was meant.
 *  @returns where each is, and the text with a word of the same length in its place, so that the rest of the file can be read. */
export function bareTemplates(source: string, tokens: readonly CST.Token[]): { mistakes: Mistake[]; text: string } {
  if (!mayBegin.test(source)) return { mistakes: [], text: source };
  const starts = tokens.flatMap((token) => [...doubleBraces(source, token)]);
  let text = source;
  const mistakes = starts.map(({ offset, isInFlow }): Mistake => {
    const end = blockAt(source, offset)?.end ?? lineEnd(source, offset);
    const whole = isInFlow ? end : endOfValue(source, end);
    text = text.slice(0, offset) + text.slice(offset, whole).replace(/[^\r\n]/g, 'x') + text.slice(whole);
    const shown = source.slice(offset, whole).trimEnd();
    const quote = shown.includes("'") ? '"' : "'";
    const example =
      shown.length > 60 || shown.includes(quote) ? `${quote}{{ ... }}${quote}` : `${quote}${shown}${quote}`;
    return {
      offset,
      code: 'yaml_template',
      message: `A value that begins with {{ needs quotes, else YAML reads a map there: write ${example}`,
    };
  });
  return { mistakes, text };
}

/** A `{{` where a value may begin: most texts have none, and need no walk. */
const mayBegin = /(?:^|[\s[{,])\{\{/;

function* doubleBraces(source: string, root: CST.Token): Generator<{ offset: number; isInFlow: boolean }> {
  const open: { token: CST.Token; isInFlow: boolean }[] = [{ token: root, isInFlow: false }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, isInFlow } = next;
    const isFlow = token.type === 'flow-collection';
    if (isFlow && token.start.source === '{' && source.startsWith('{{', token.offset)) {
      yield { offset: token.offset, isInFlow };
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

/** In block style a value goes on to the end of its line, without a comment. */
function endOfValue(source: string, from: number): number {
  const line = source.slice(from, lineEnd(source, from));
  const comment = / #/.exec(line)?.index ?? line.length;
  return from + line.slice(0, comment).trimEnd().length;
}

function lineEnd(source: string, offset: number): number {
  const end = source.indexOf('\n', offset);
  return end === -1 ? source.length : end;
}
