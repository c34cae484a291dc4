import type { Problem } from '../../errors.ts';
import { problemAt, type YamlDocument } from '../../yaml/document.ts';
import { suggestion } from '../../yaml/nearest.ts';
import { childPointer } from '../../yaml/pointer.ts';
import type { WorkflowDefinition } from '../definition.ts';
import type { KnownActions } from './known-action.ts';
import { checkResults } from './results-file.ts';
import type { WorkflowTest } from './test-file.ts';

/** What tests say of workflows and tasks that do not exist.
 *  @param refs of all workflows, for suggestions. */
export function checkTests(
  document: YamlDocument,
  tests: readonly WorkflowTest[],
  actions: KnownActions,
  refs: readonly string[],
): Problem[] {
  const problems = tests.flatMap((test) => {
    const { pointer, value: ref } = test.workflow;
    const workflow = actions(ref)?.workflow ?? null;
    if (workflow !== null) return checkTest(document, test, workflow, actions);
    return [problemAt(document, pointer, `There is no workflow ${ref} here.${suggestion(ref, refs)}`, 'unknown_ref')];
  });
  // What the file says for all cases is checked with each of them.
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

function checkTest(
  document: YamlDocument,
  { results, expect, pointer }: WorkflowTest,
  workflow: WorkflowDefinition,
  actions: KnownActions,
): Problem[] {
  const tasks = workflow.tasks.map(({ name }) => name);
  const at = (...keys: (string | number)[]): string =>
    keys.reduce<string>((place, key) => childPointer(place, key), `${pointer}/expect`);
  const unknown = (name: string, place: string, of: 'key' | 'value'): Problem[] => {
    if (tasks.includes(name)) return [];
    const message = `The workflow ${workflow.ref} has no task "${name}".${suggestion(name, tasks)}`;
    return [problemAt(document, place, message, 'unknown_name', of)];
  };
  // Of a path into a nested workflow or an item, what stands before it.
  const taskIn = (path: string): string => {
    const whole = tasks.find((task) => path === task || path.startsWith(`${task}/`) || path.startsWith(`${task}[`));
    return whole ?? path.replace(/[/[].*$/s, '');
  };
  return [
    ...checkResults(document, results, workflow, actions),
    ...(expect.sequence ?? []).flatMap((part, index) =>
      typeof part === 'string'
        ? unknown(taskIn(part), at('sequence', index), 'value')
        : part.any.flatMap((name, place) => unknown(taskIn(name), at('sequence', index, 'any', place), 'value')),
    ),
    ...Object.keys(expect.tasks ?? {}).flatMap((name) => unknown(name, at('tasks', name), 'key')),
    ...(expect.skipped ?? []).flatMap((name, index) => unknown(taskIn(name), at('skipped', index), 'value')),
  ];
}
