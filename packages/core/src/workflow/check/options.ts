import type { Problem } from '../../errors.ts';
import { constantOf } from '../../expression/constant.ts';
import { named } from '../../expression/comparison.ts';
import { parseTemplate } from '../../expression/template.ts';
import { plainPathOf } from '../../expression/reference.ts';
import type { Json } from '../../json.ts';
import { problemAt } from '../../yaml/document.ts';
import type { WorkflowDraft } from '../file/parse.ts';

/** Options of tasks that say nothing, or not what they seem to. */
export const idleOptions = (draft: WorkflowDraft): Problem[] => [...idleCaps(draft), ...singleItems(draft)];

/** A cap on delays that do not grow. */
const idleCaps = ({ source }: WorkflowDraft): Problem[] =>
  source.tasks.flatMap(({ keys: { retry } }) => {
    if (retry?.max_delay === undefined || retry.backoff !== 'constant') return [];
    const message = '"max_delay" does nothing with a constant backoff: every retry waits "delay"';
    return [problemAt(source.document, retry.max_delay.pointer, message, 'useless_key')];
  });

/** A `with_items` that is no list, which makes it one item. */
const singleItems = ({ source, definition }: WorkflowDraft): Problem[] =>
  source.tasks.flatMap(({ keys: { with_items } }) => {
    if (with_items === undefined) return [];
    const { isWhole, parts } = parseTemplate(with_items.value);
    const expression = parts.find((part) => typeof part === 'object');
    if (!isWhole || expression === undefined) return [];
    const value = constantOf(expression.root);
    const [root, name = ''] = plainPathOf(expression) ?? [];
    const type = root === 'parameters' ? definition.parameters?.[name]?.['type'] : undefined;
    const found = value !== undefined ? (Array.isArray(value) ? undefined : named(value)) : typeText(type);
    if (found === undefined) return [];
    const message = `"with_items" is ${found} here, which makes one item: give a list`;
    return [problemAt(source.document, with_items.pointer, message, 'wrong_items')];
  });

function typeText(type: Json | undefined): string | undefined {
  const types = [type].flat().filter((one) => typeof one === 'string');
  return types.length === 0 || types.includes('array') || types.includes('null')
    ? undefined
    : `of the type ${types.join(' or ')}`;
}
