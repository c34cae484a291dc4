import type { Json } from '../json.ts';
import type { Path } from '../secret/paths.ts';
import { flowsOf, secretAt, type Flow, type Place, type Secret } from '../workflow/secrets/read.ts';

/** No task has ended where a rule decides. */
export const inRule: Place = { ended: [] };

/** What a rule may read that is secret. `pack` is no namespace of workflows, so its paths are those of a variable. */
export const ruleSecrets = (config: readonly Path[]): Secret[] => [
  { path: ['keystore'], source: 'keystore' },
  ...config.flatMap((path): Secret[] => [
    { path: ['config', ...path], source: ['config', ...path].join('.') },
    { path: ['workflow', 'pack', 'config', ...path], source: ['pack.config', ...path].join('.') },
  ]),
];

/** What the `action_params` of a rule would put into parameters of its action.
 *  @throws ExpressionError where a string of them cannot be parsed */
export const ruleFlows = (actionParams: Json, config: readonly Path[]): Flow[] =>
  flowsOf(actionParams, inRule, ruleSecrets(config));

/** Whether a path leads to what is secret in a rule, as proofs spell it. */
export const isSecretInRule = (path: readonly (string | number)[], config: readonly Path[]): boolean =>
  secretAt(path.map(String), inRule, ruleSecrets(config)) !== undefined;
