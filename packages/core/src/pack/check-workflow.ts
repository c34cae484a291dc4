import type { Problem } from '../errors.ts';
import type { WorkflowDefinition } from '../workflow/definition.ts';
import { problemAt, type YamlDocument } from '../yaml/document.ts';
import { suggestion } from '../yaml/nearest.ts';
import { checkParameters } from './check-rule.ts';
import type { Known } from './known.ts';

/** Everything a sound workflow may still get wrong about the actions of its tasks: refs that lead nowhere, and input that the action
 *  refuses. Input that is handed on whole is checked when it is there. */
export function checkWorkflow(document: YamlDocument, workflow: WorkflowDefinition, known: Known): Problem[] {
  return workflow.tasks.flatMap((task, index) => {
    const pointer = `/tasks/${index}`;
    const action = known.action(task.action);
    if (action === undefined) {
      const message = `There is no action ${task.action}.${suggestion(task.action, known.refs('action'))}`;
      return [problemAt(document, `${pointer}/action`, message, 'unknown_ref')];
    }
    if (task.input === 'inherit') return [];
    return checkParameters(document, `${pointer}/input`, action.parameters, task.input);
  });
}
