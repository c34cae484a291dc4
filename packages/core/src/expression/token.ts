/** The smallest parts of an expression. */
export interface Token {
  type: TokenType;
  /** Offsets in the text; `end` is the first character behind it. */
  start: number;
  end: number;
  /** A name, the digits of a number, the content of a string, or the characters of a symbol. */
  value: string;
}

export type TokenType = 'integer' | 'decimal' | 'string' | 'name' | 'symbol' | 'end';

/** Words that are no names, unless they follow a dot. */
export const keywords: readonly string[] = ['and', 'or', 'not', 'in', 'true', 'false', 'null'];
