import type { Problem } from '../errors.ts';
import type { TextProblem } from '../expression/check.ts';
import { checkActionParams, checkConditions } from '../rule/check.ts';
import type { YamlDocument } from '../yaml/document.ts';
import type { RuleDefinition } from './rule.ts';

/** Everything wrong with the conditions and the templates of a rule that shows before an event comes, each with its place inside
 *  its text. */
export const checkRuleExpressions = (
  document: YamlDocument,
  { conditions, action_params }: RuleDefinition,
): Problem[] => [
  ...placed(document, '/conditions', checkConditions(conditions)),
  ...placed(document, '/action_params', checkActionParams(action_params)),
];

/** Problems of a value that stands at `base` of a file. */
const placed = (document: YamlDocument, base: string, problems: readonly TextProblem[]): Problem[] =>
  problems.map(({ message, pointer = '', offset, length, code = 'wrong_value' }) => {
    const place = `${base}${pointer}`;
    const { file } = document;
    const isKey = code === 'unknown_key';
    const start = isKey ? document.keyAt(place) : document.at(place);
    const position = offset === undefined ? start : document.within(place, offset, length);
    return { message, file, ...position, pointer: place, code };
  });
