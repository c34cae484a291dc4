import { changeAt, secretPaths, type FlatSchema, type Json, type JsonObject, type Path } from '@attune/core';

/** Shortest text that is masked: shorter ones are found everywhere by chance, and masking them would only garble output. */
const shortest = 4;

const mask = Buffer.from('******');

/** The texts that must not be shown: what the secret parameters hold. */
export const secretTexts = (schema: FlatSchema | null, parameters: JsonObject): string[] =>
  textsAt(parameters, secretPaths(schema));

/** The texts that the paths lead to in a value, as they are and as JSON spells them. Longest first, so that a secret within a secret
 *  does not leave the rest of it behind. */
export function textsAt(value: Json, paths: readonly Path[]): string[] {
  const texts = new Set<string>();
  const add = (secret: Json): Json => {
    for (const text of leaves(secret)) {
      if (text.length < shortest) continue;
      texts.add(text);
      texts.add(JSON.stringify(text).slice(1, -1));
    }
    return secret;
  };
  for (const path of paths) changeAt(value, path, add);
  return [...texts].sort((a, b) => b.length - a.length);
}

function leaves(value: Json): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number' || typeof value === 'bigint') return [String(value)];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(leaves);
}

/** Replaces secrets in a stream of bytes. A secret may be split between two pieces, so the end of a piece that may begin one is held
 *  back until the next. */
export interface Masker {
  push(piece: Buffer): Buffer;
  /** What is still held back. */
  end(): Buffer;
}

export function maskerOf(texts: readonly string[]): Masker {
  const secrets = texts.map((text) => Buffer.from(text));
  if (secrets.length === 0) return { push: (piece) => piece, end: () => Buffer.alloc(0) };
  let held = Buffer.alloc(0);
  return {
    push(piece) {
      const text = held.length === 0 ? piece : Buffer.concat([held, piece]);
      const parts: Buffer[] = [];
      let from = 0;
      for (let found = first(text, secrets, from); found !== undefined; found = first(text, secrets, from)) {
        parts.push(text.subarray(from, found.at), mask);
        from = found.at + found.length;
      }
      const rest = text.subarray(from);
      const kept = rest.length - longestBeginning(rest, secrets);
      parts.push(rest.subarray(0, kept));
      held = Buffer.from(rest.subarray(kept));
      return Buffer.concat(parts);
    },
    end() {
      const rest = held;
      held = Buffer.alloc(0);
      return rest;
    },
  };
}

function first(text: Buffer, secrets: readonly Buffer[], from: number): { at: number; length: number } | undefined {
  let best: { at: number; length: number } | undefined;
  for (const secret of secrets) {
    const at = text.indexOf(secret, from);
    if (at !== -1 && (best === undefined || at < best.at)) best = { at, length: secret.length };
  }
  return best;
}

/** Length of the longest end of the text that begins a secret. */
function longestBeginning(text: Buffer, secrets: readonly Buffer[]): number {
  let longest = 0;
  for (const secret of secrets) {
    for (let length = Math.min(secret.length - 1, text.length); length > longest; length -= 1) {
      if (text.subarray(text.length - length).equals(secret.subarray(0, length))) {
        longest = length;
        break;
      }
    }
  }
  return longest;
}
