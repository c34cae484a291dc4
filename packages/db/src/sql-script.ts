/** One statement of a script and where it begins. */
export interface ScriptStatement {
  text: string;
  /** One-based line of its first character. */
  line: number;
}

/** What may hold a semicolon that ends nothing: comments, strings, quoted names, dollar-quoted bodies. */
const opaque = [
  /--[^\n]*/y,
  /\/\*/y, // nests, so it is read by hand
  /[eE]'(?:[^'\\]|\\.|'')*'/y,
  /'(?:[^']|'')*'/y,
  /"(?:[^"]|"")*"/y,
  /(\$(?:[A-Za-z_]\w*)?\$)[\s\S]*?\1/y,
];

/** Splits a script at the semicolons that end statements, so that an error can name the statement. Function bodies must be quoted
 *  (`$$ ... $$`): the bare `begin atomic ... end` is not understood. */
export function statementsOf(script: string): ScriptStatement[] {
  const statements: ScriptStatement[] = [];
  let start = 0;
  let at = 0;
  const push = (end: number) => {
    const text = script.slice(start, end);
    const blank = /^(?:\s|--[^\n]*(?:\n|$))*/.exec(text)?.[0].length ?? 0;
    if (blank < text.length) statements.push({ text: text.slice(blank), line: lineAt(script, start + blank) });
    start = end;
  };
  while (at < script.length) {
    const skipped = skipOpaque(script, at);
    if (skipped > at) {
      at = skipped;
      continue;
    }
    if (script[at] === ';') push(at + 1);
    at += 1;
  }
  push(script.length);
  return statements;
}

/** The end of the opaque part that begins at `at`, or `at` where none does. */
function skipOpaque(script: string, at: number): number {
  const before = script[at - 1] ?? ' ';
  for (const pattern of opaque) {
    pattern.lastIndex = at;
    const match = pattern.exec(script);
    if (match === null) continue;
    // e'..' and $tag$ begin only where a word does not go on
    if (/^[eE$]/.test(match[0]) && /[\w$]/.test(before)) continue;
    return match[0] === '/*' ? endOfComment(script, at) : pattern.lastIndex;
  }
  return at;
}

function endOfComment(script: string, start: number): number {
  let depth = 0;
  const edges = /\/\*|\*\//g;
  edges.lastIndex = start;
  for (let edge = edges.exec(script); edge !== null; edge = edges.exec(script)) {
    depth += edge[0] === '/*' ? 1 : -1;
    if (depth === 0) return edges.lastIndex;
  }
  return script.length;
}

export const lineAt = (script: string, offset: number): number => script.slice(0, offset).split('\n').length;
