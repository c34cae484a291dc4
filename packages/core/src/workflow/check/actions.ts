import type { Problem } from '../../errors.ts';
import { checkParameters } from '../../pack/check-parameters.ts';
import { checkRef } from '../../pack/check-ref.ts';
import type { Known } from '../../pack/known.ts';
import type { WorkflowDraft } from '../file/parse.ts';

/** What tasks get wrong about their actions: refs that lead nowhere, and input that the action refuses. Input that is handed on whole is
 *  checked when it is there. */
export const actionProblems = ({ source }: WorkflowDraft, known: Known): Problem[] =>
  source.tasks.flatMap(({ pointer, keys }) => {
    if (keys.action === '') return []; // told already
    const action = known.action(keys.action);
    if (action === undefined) return checkRef(source.document, `${pointer}/action`, keys.action, 'action', known);
    const input = keys.input.value;
    return input === 'inherit' ? [] : checkParameters(source.document, `${pointer}/input`, action.parameters, input);
  });
