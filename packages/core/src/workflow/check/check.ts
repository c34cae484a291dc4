import type { Problem } from '../../errors.ts';
import type { Known } from '../../pack/known.ts';
import type { FlatSchema } from '../../schema/flat-schema.ts';
import { problemAt } from '../../yaml/document.ts';
import type { WorkflowDraft } from '../file/parse.ts';
import { secretFlows } from '../secrets/secret-flows.ts';
import { actionProblems } from './actions.ts';
import { constantConditions } from './conditions.ts';
import { expressionsOf } from './expressions.ts';
import { unknownFields, unknownSettings } from './fields.ts';
import { flowOf } from './flow.ts';
import { loopsShown, unmeantEntries, visitsTooFew } from './loops.ts';
import { idleOptions } from './options.ts';
import { unreached } from './reach.ts';
import { unrenderedTexts } from './texts.ts';
import { hiddenVariables, unsetVariables } from './variables.ts';

/** What a workflow's author gets wrong about other files, or would be surprised by: of every severity, in no order.
 *  @param isSound whether the file by itself has no errors; what only matters to a sound one is left out else.
 *  @param config schema of the pack's configuration. */
export function checkWorkflow(
  draft: WorkflowDraft,
  { isSound, known, config }: { isSound: boolean; known: Known; config: FlatSchema | null },
): Problem[] {
  const problems = actionProblems(draft, known);
  if (!isSound) return problems;
  const flow = flowOf(draft.definition);
  const expressions = expressionsOf(draft.source);
  return [
    ...problems,
    ...secretProblems(draft, known, config),
    ...constantConditions(draft, flow),
    ...unreached(draft, flow),
    ...unmeantEntries(draft, flow),
    ...visitsTooFew(draft, flow),
    ...unsetVariables(draft, flow, expressions),
    ...hiddenVariables(draft),
    ...unknownFields(draft, flow, expressions, known),
    ...unknownSettings(draft, expressions, config),
    ...unrenderedTexts(draft),
    ...idleOptions(draft),
    ...loopsShown(draft, flow),
  ];
}

/** Secrets that would go where they can be seen. */
const secretProblems = ({ source, definition }: WorkflowDraft, known: Known, config: FlatSchema | null): Problem[] =>
  secretFlows(definition, { config, action: known.action }).map(({ pointer, message }) =>
    problemAt(source.document, inFile(source, pointer), message, 'secret_exposed'),
  );

/** A pointer into a definition as one into its file, where a task may stand at another place: those that cannot be read are left out. */
const inFile = ({ tasks }: WorkflowDraft['source'], pointer: string): string =>
  pointer.replace(/^\/tasks\/(\d+)/, (whole, index: string) => tasks[Number(index)]?.pointer ?? whole);
