import type { Evaluation } from '../evaluation.ts';
import { matchPattern } from '../pattern.ts';
import { findText, occurrences, textOf } from '../text.ts';
import { define } from './built-in.ts';

export const texts = {
  lower: define(['text: string'], 'string', (evaluation, text) => built(text.toLowerCase(), evaluation)),
  upper: define(['text: string'], 'string', (evaluation, text) => built(text.toUpperCase(), evaluation)),
  trim: define(['text: string'], 'string', (evaluation, text) => built(text.trim(), evaluation)),
  replace: define(['text: string', 'old: string', 'new: string'], 'string', (evaluation, text, old, fresh) =>
    replaceAll(text, old, fresh, evaluation),
  ),
  split: define(['text: string', 'separator: string'], 'array', (evaluation, text, separator) =>
    split(text, separator, evaluation),
  ),
  join: define(['list: array', 'separator: string'], 'string', (evaluation, list, separator) => {
    evaluation.step(list.length);
    const parts = list.map((element) => textOf(element, evaluation));
    const size = parts.reduce((total, part) => total + part.length, separator.length * Math.max(0, parts.length - 1));
    evaluation.build(size);
    return parts.join(separator);
  }),
  starts_with: define(['text: string', 'part: string'], 'bool', (evaluation, text, part) => {
    evaluation.read(part.length);
    return text.startsWith(part);
  }),
  ends_with: define(['text: string', 'part: string'], 'bool', (evaluation, text, part) => {
    evaluation.read(part.length);
    return text.endsWith(part);
  }),
  match: define(['pattern: string', 'text: string'], 'bool', (evaluation, pattern, text) =>
    matchPattern(pattern, text, evaluation),
  ),
};

function built(text: string, evaluation: Evaluation): string {
  evaluation.read(text.length);
  evaluation.build(text.length);
  return text;
}

function replaceAll(text: string, old: string, fresh: string, evaluation: Evaluation): string {
  evaluation.read(text.length);
  const places = occurrences(text, old);
  evaluation.step(places.length);
  evaluation.build(text.length + places.length * (fresh.length - old.length));
  let result = '';
  let from = 0;
  for (const place of places) {
    result += text.slice(from, place) + fresh;
    from = place + old.length;
  }
  return result + text.slice(from);
}

function split(text: string, separator: string, evaluation: Evaluation): string[] {
  evaluation.read(text.length);
  const parts = separator === '' ? Array.from(text) : [];
  if (separator !== '') {
    let from = 0;
    for (let at = findText(text, separator); at !== -1; at = findText(text, separator, from)) {
      parts.push(text.slice(from, at));
      from = at + separator.length;
    }
    parts.push(text.slice(from));
  }
  evaluation.step(parts.length);
  evaluation.build(text.length + parts.length);
  return parts;
}
