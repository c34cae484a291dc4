import type { Problem } from '../../errors.ts';
import { parseTemplate } from '../../expression/template.ts';
import { problemAt } from '../../yaml/document.ts';
import type { TaskSource, WorkflowSource } from './parse.ts';

/** Keys about items that give none: what belongs to `with_items` without it, and a `with_items` that can only be a text. */
export const itemless = ({ document, tasks }: WorkflowSource): Problem[] =>
  tasks.flatMap(({ pointer, keys }) => {
    const { with_items } = keys;
    if (with_items === undefined) {
      return (['batch_size', 'concurrency'] as const)
        .filter((key) => keys[key] !== undefined)
        .map((key) =>
          problemAt(document, `${pointer}/${key}`, `"${key}" does nothing without "with_items"`, 'useless_key', 'key'),
        );
    }
    const message = textual(with_items.value);
    return message === undefined ? [] : [problemAt(document, with_items.pointer, message, 'wrong_items')];
  });

/** An expression with something around it is a text, whatever it gives. */
function textual(text: NonNullable<TaskSource['keys']['with_items']>['value']): string | undefined {
  const { isWhole, parts } = parseTemplate(text);
  if (isWhole) return undefined;
  const meant = parts.length === 1 ? `, "{{ ${text.trim()} }}"` : '';
  return `"with_items" is a text here, which makes one item; for a list write one expression${meant}`;
}
