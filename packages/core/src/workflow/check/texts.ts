import type { Problem } from '../../errors.ts';
import { blockAt } from '../../expression/block.ts';
import { mayBeTemplate } from '../../expression/template.ts';
import { isJsonObject, type Json } from '../../json.ts';
import type { YamlDocument } from '../../yaml/document.ts';
import { childPointer } from '../../yaml/pointer.ts';
import type { WorkflowDraft } from '../file/parse.ts';
import { problemWithin } from './place.ts';

/** Texts that look like templates and are none: in `vars`, which are never rendered, a `{{` that nothing closes, and an expression
 *  without `{{ }}`. */
export function unrenderedTexts({ source }: WorkflowDraft): Problem[] {
  const { document, keys, tasks } = source;
  const rendered = [
    ...tasks.flatMap(({ keys: task, transitions }) => [
      task.input,
      ...transitions.flatMap(({ publish }) => publish.filter(({ value }) => typeof value !== 'string')),
    ]),
    ...Object.values(keys.output_map ?? {}),
  ];
  return [
    ...textsIn(keys.vars, '/vars')
      .filter(({ text }) => blockAt(text, 0) !== undefined)
      .map(({ text, pointer }) => {
        const message =
          'Values of "vars" stay as they stand: publish the variable in a transition, or write the template where it is used';
        return problemWithin(document, pointer, { start: 0, end: text.length }, message, 'unrendered_template');
      }),
    ...rendered.flatMap(({ value, pointer }) => lookalikes(document, value, pointer)),
  ];
}

/** Texts of a value that is rendered, and that will not be what they look like.
 *  @param names what expressions begin with in this place. */
export const lookalikes = (
  document: YamlDocument,
  value: Json,
  pointer: string,
  names: readonly string[] = workflowNames,
): Problem[] =>
  textsIn(value, pointer).flatMap(({ text, pointer: place }) => {
    const open = unclosed(text);
    if (open !== undefined) {
      const message = 'This "{{" has no "}}" and stays as it stands: close it';
      return [problemWithin(document, place, { start: open, end: open + 2 }, message, 'unrendered_template')];
    }
    if (mayBeTemplate(text) || !looksLikeExpression(text, names)) return [];
    const message = `This is a text as it stands; to have its value write "{{ ${text.trim()} }}"`;
    return [problemWithin(document, place, { start: 0, end: text.length }, message, 'unrendered_template')];
  });

/** What expressions of workflows begin with. */
const workflowNames = ['parameters', 'workflow', 'vars', 'variables', 'task', 'tasks', 'config', 'keystore', 'item'];

/** A path that begins with a known name, or a call of `result()`, and nothing else: hardly ever meant as a text. */
function looksLikeExpression(text: string, names: readonly string[]): boolean {
  const root = /^\s*(?:([a-z]+)|result\(\))(?:\.\w+|\[[^\]\n]+\])*\s*$/.exec(text);
  if (root === null) return false;
  return root[1] === undefined || (names.includes(root[1]) && /[.[]/.test(text));
}

function unclosed(text: string): number | undefined {
  let from = 0;
  for (let block = blockAt(text, 0); block !== undefined; block = blockAt(text, from)) from = block.end;
  const open = text.indexOf('{{', from);
  return open === -1 ? undefined : open;
}

function textsIn(value: Json, pointer: string): { text: string; pointer: string }[] {
  if (typeof value === 'string') return [{ text: value, pointer }];
  if (Array.isArray(value)) return value.flatMap((element, index) => textsIn(element, childPointer(pointer, index)));
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, member]) => textsIn(member, childPointer(pointer, key)));
}
