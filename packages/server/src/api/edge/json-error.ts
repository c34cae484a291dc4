/** Where and how a text stops being JSON. */
export interface JsonError {
  message: string;
  /** One-based. */
  line: number;
  column: number;
}

class Unexpected extends Error {
  readonly offset: number;
  readonly expected: string;
  constructor(offset: number, expected: string) {
    super(expected);
    this.offset = offset;
    this.expected = expected;
  }
}

const whiteSpace = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const plainText = /[^"\\\u0000-\u001f]*/y;
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const literals = ['true', 'false', 'null'];

/** The first error of a text that `JSON.parse` refused: what was expected there, and where that is. The messages of `JSON.parse`
 *  differ between versions of Node, and most do not tell the place. The text must not nest too deeply for recursion. */
export function findJsonError(text: string): JsonError {
  let at = 0;

  const take = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? '';
    at += found.length;
    return found;
  };
  const skip = () => void take(whiteSpace);
  const expectOne = (character: string, expected: string) => {
    if (text[at] !== character) throw new Unexpected(at, expected);
    at += 1;
  };

  const readString = (expected: string) => {
    expectOne('"', expected);
    do take(plainText);
    while (take(escape) !== '');
    const isEscape = text[at] === '\\';
    expectOne('"', isEscape ? 'a valid escape sequence' : 'a closing quote (control characters must be escaped)');
  };
  const readList = () => {
    at += 1;
    skip();
    if (text[at] === ']') return void (at += 1);
    for (;;) {
      readValue();
      skip();
      if (text[at] === ']') return void (at += 1);
      expectOne(',', "',' or ']'");
    }
  };
  const readObject = () => {
    at += 1;
    skip();
    if (text[at] === '}') return void (at += 1);
    for (;;) {
      skip();
      readString('a key in double quotes');
      skip();
      expectOne(':', "':'");
      readValue();
      skip();
      if (text[at] === '}') return void (at += 1);
      expectOne(',', "',' or '}'");
    }
  };
  const readValue = () => {
    skip();
    const first = text[at];
    const literal = literals.find((one) => text.startsWith(one, at));
    if (first === '{') readObject();
    else if (first === '[') readList();
    else if (first === '"') readString('a string');
    else if (literal !== undefined) at += literal.length;
    else if (take(number) === '') throw new Unexpected(at, 'a value');
  };

  try {
    readValue();
    skip();
    throw new Unexpected(at, 'the end of the text');
  } catch (error) {
    if (error instanceof Unexpected) return describe(text, error);
    throw error;
  }
}

function describe(text: string, { offset, expected }: Unexpected): JsonError {
  const before = text.slice(0, offset);
  const character = text.codePointAt(offset);
  const found = character === undefined ? 'the text ends' : `found ${JSON.stringify(String.fromCodePoint(character))}`;
  return {
    message: `Expected ${expected}, but ${found}`,
    line: before.split('\n').length,
    column: offset - before.lastIndexOf('\n'),
  };
}
