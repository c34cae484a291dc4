import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Json } from './json.ts';

/** The canonical text of a JSON value: RFC 8785 (sorted keys, shortest numbers, no white space), with integers beyond 2^53 by
 *  their exact digits, which RFC 8785 leaves out. */
export function canonicalJson(value: Json): string {
  if (typeof value === 'string') return quoted(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${String(value)} is not a JSON number`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  let members = '';
  // by UTF-16 code units, as RFC 8785 section 3.2.3 asks
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member === undefined) continue;
    members += `${members === '' ? '' : ','}${quoted(key)}:${canonicalJson(member)}`;
  }
  return `{${members}}`;
}

/** Most texts hold nothing to escape. */
const quoted = (text: string): string => (plain.test(text) ? `"${text}"` : JSON.stringify(text));

const plain = /^[ !#-[\]-~]*$/;

/** SHA-256 of a value's canonical JSON, as 64 hex digits: the name of a revision, of an input, of a result. */
export function contentHash(value: Json): string {
  const text = canonicalJson(value);
  if (text.length > longestKept) return sha256Hex(utf8ToBytes(text));
  const known = kept.get(text);
  if (known !== undefined) return known;
  const hash = sha256Hex(utf8ToBytes(text));
  if (kept.size >= mostKept) kept.clear();
  kept.set(text, hash);
  return hash;
}

// short inputs and results are the same again and again, as those of a thousand actions that do little
const longestKept = 256;
const mostKept = 1_000;
const kept = new Map<string, string>();

export const sha256Hex = (bytes: Uint8Array): string => bytesToHex(sha256(bytes));
