import { ExpressionError } from '../../expression/error.ts';
import { parseCondition, type Expression } from '../../expression/expression.ts';
import { referencesOf } from '../../expression/reference.ts';
import { expressionsIn } from '../../expression/template.ts';
import { packOf } from '../../pack/names.ts';
import type { RunFacts } from '../conductor/step.ts';
import type { Place, SecretRead } from './read.ts';

/** What an error of a workflow's expression is told with. */
export interface Telling {
  graph: { definition: { ref: string } };
  facts: Pick<RunFacts, 'config' | 'keystore' | 'secrets'>;
}

/** An error in words of the workflow's own: of a key or a configuration that is missing it says how to set it, and of an expression
 *  that reads a secret only the kind, for what went wrong with a value may tell the value. */
export function retell(error: ExpressionError, telling: Telling, place: Place): ExpressionError {
  const expressions = expressionsOf(error);
  const missing = missingSetting(error, expressions, telling);
  if (missing !== undefined) return inOtherWords(error, missing);
  return withheld(error, (expression) => telling.facts.secrets?.reads(expression, place) ?? []);
}

/** The error of an expression; of one that reads a secret only the kind. */
export function withheld(error: ExpressionError, reads: (expression: Expression) => SecretRead[]): ExpressionError {
  const [read] = expressionsOf(error).flatMap(reads);
  if (read === undefined) return error;
  return inOtherWords(
    error,
    `The expression fails (${error.kind}); more is not told, for it reads ${read.source}, which is secret`,
  );
}

const inOtherWords = ({ kind, text, position, pointer }: ExpressionError, message: string): ExpressionError =>
  new ExpressionError(kind, message, {
    text,
    offset: position.offset,
    ...(pointer === undefined ? {} : { pointer }),
  });

/** The expressions of the text an error is in, which may be a template or a condition; none where they cannot even be parsed. */
const expressionsOf = ({ text }: ExpressionError): Expression[] => [
  ...parsed(() => expressionsIn(text)),
  ...parsed(() => [parseCondition(text)]),
];

function parsed(parse: () => Expression[]): Expression[] {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ExpressionError) return [];
    throw error;
  }
}

function missingSetting(
  { kind, position }: ExpressionError,
  expressions: readonly Expression[],
  { graph, facts }: Telling,
): string | undefined {
  if (kind !== 'not_found') return undefined;
  const found = expressions
    .flatMap((expression) => referencesOf(expression))
    .find(({ path: [root], offsets }) => (root === 'config' || root === 'keystore') && offsets[1] === position.offset);
  const [root, name = ''] = found?.path ?? [];
  const pack = packOf(graph.definition.ref);
  if (root === 'keystore' && !Object.hasOwn(facts.keystore, name)) {
    return `No key "${name}" is visible to pack ${pack}; set it with: attune key set ${name} --owner pack:${pack}`;
  }
  if (root === 'config' && !Object.hasOwn(facts.config, name)) {
    return `The configuration of pack ${pack} has no value for "${name}"; set it with: attune pack config set ${pack} ${name}`;
  }
  return undefined;
}
