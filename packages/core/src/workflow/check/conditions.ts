import type { Problem } from '../../errors.ts';
import { truthOf } from '../../expression/constant.ts';
import { parseCondition } from '../../expression/expression.ts';
import { childrenOf, type Node } from '../../expression/node.ts';
import type { Located } from '../file/located.ts';
import type { WorkflowDraft } from '../file/parse.ts';
import { problemWithin } from './place.ts';
import { mayFire, type Flow } from './flow.ts';

/** What becomes of a condition that always, or never, holds. */
interface Meaning {
  always: string;
  never: string;
}

const meanings = {
  when: { always: 'leave it out', never: 'the task is always skipped' },
  on_error: { always: 'leave it out', never: 'no attempt is ever made again' },
  transition: { always: 'leave it out', never: 'the transition never fires' },
} as const satisfies Record<string, Meaning>;

/** Conditions that hold always, or never: whatever is given, or however their task ends. */
export function constantConditions({ source, definition }: WorkflowDraft, flow: Flow): Problem[] {
  const { document } = source;
  const constant = (condition: Located<string> | undefined, { always, never }: Meaning): Problem[] => {
    if (condition === undefined) return [];
    const { root } = parseCondition(condition.value);
    const truth = truthOf(root);
    if (truth === undefined) return [];
    const message = truth ? `This condition always holds: ${always}` : `This condition never holds: ${never}`;
    return [problemWithin(document, condition.pointer, root, message, 'constant_condition')];
  };
  return source.tasks.flatMap(({ keys, transitions }, task) => [
    ...constant(keys.when, meanings.when),
    ...constant(keys.retry?.on_error, meanings.on_error),
    ...transitions.flatMap(({ when }, index) => {
      const found = constant(when, meanings.transition);
      if (found.length > 0 || when === undefined || mayFire(flow, task, index)) return found;
      const { root } = parseCondition(when.value);
      const hint =
        calls(root, 'skipped') && definition.tasks[task]?.when === null
          ? '; only a task with "when" is ever skipped'
          : '';
      const message = `This condition never holds, however the task ends: the transition never fires${hint}`;
      return [problemWithin(document, when.pointer, root, message, 'constant_condition')];
    }),
  ]);
}

const calls = (node: Node, name: string): boolean =>
  (node.kind === 'call' && node.name === name) || childrenOf(node).some((child) => calls(child, name));
