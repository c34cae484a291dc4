import { Expression } from '../../expression/expression.ts';
import { plainPathOf, referencesOf } from '../../expression/reference.ts';
import { expressionsIn, mayBeTemplate, parseTemplate } from '../../expression/template.ts';
import { isJsonObject, type Json } from '../../json.ts';
import { touches, type Path } from '../../secret/paths.ts';
import { childPointer } from '../../yaml/pointer.ts';

/** Something secret that expressions may read. */
export interface Secret {
  path: Path;
  /** Where it comes from at first: `parameters.token`, `keystore.github`. */
  source: string;
}

/** Where an expression stands: decides what its names mean. */
export interface Place {
  /** The tasks of which `result()` may tell. */
  ended: readonly string[];
  /** It is the input of a task with items, and sees `item`: the source of a secret that may stand in it. */
  item?: { source: string | undefined };
}

/** A secret that a template would put somewhere. */
export interface Flow {
  /** JSON pointer in the template. */
  pointer: string;
  /** Names of members in what it renders to, as far as they are certain; the secret is there or below. */
  path: Path;
  source: string;
}

/** The function of a workflow's scope that gives something to read. */
const functions = ['result'];

const namespaces: Readonly<Record<string, string>> = {
  parameters: 'parameters',
  workflow: 'workflow',
  vars: 'workflow',
  variables: 'workflow',
  task: 'task',
  tasks: 'task',
  config: 'config',
  keystore: 'keystore',
  system: 'system',
};

/** One path for the many spellings of what an expression reads. An index written with a dot is none of its keys. */
export function pathsRead([root = '', ...rest]: Path, { ended, item }: Place): Path[] {
  if (root === 'result()') return ended.map((task) => ['task', task, ...withoutIndices(rest)]);
  if (item !== undefined && (root === 'item' || root === 'index')) return [[root, ...withoutIndices(rest)]];
  const namespace = Object.hasOwn(namespaces, root) ? namespaces[root] : undefined;
  const [name, ...keys] = namespace === undefined ? [root, ...rest] : rest;
  return [[namespace ?? 'workflow', ...(name === undefined ? [] : [name]), ...withoutIndices(keys)]];
}

export const withoutIndices = (path: Path): Path => path.filter((key) => !/^\d+$/.test(key));

/** Something secret that an expression reads. */
export interface SecretRead {
  /** The path as it is written in the expression. */
  text: string;
  source: string;
}

/** The secrets that an expression, or any in the strings of a template, may read.
 *  @throws ExpressionError where one cannot be parsed */
export const secretsRead = (of: Expression | Json, place: Place, secrets: readonly Secret[]): SecretRead[] =>
  referencesOf(of, functions).flatMap(({ path }) => {
    const source = secretAt(path, place, secrets);
    return source === undefined ? [] : [{ text: path.join('.'), source }];
  });

/** The source of a secret that a path may lead to; undefined: it leads to none. */
export function secretAt(path: Path, place: Place, secrets: readonly Secret[]): string | undefined {
  const read = pathsRead(path, place);
  const found = seenAt(place, secrets).find((secret) => read.some((one) => touches(one, secret.path)));
  return found && sourceOf(found, path, read);
}

const seenAt = ({ item }: Place, secrets: readonly Secret[]): readonly Secret[] =>
  item?.source === undefined ? secrets : [...secrets, { path: ['item'], source: item.source }];

/** Of a whole namespace that is secret, what was read of it. */
const sourceOf = ({ path, source }: Secret, written: Path, read: readonly Path[]): string =>
  path.length === 1 && path[0] === 'keystore' && read.some((one) => one.length > 1) ? written.join('.') : source;

/** What a template would put where, as far as it shows without rendering it.
 *  @throws ExpressionError where a string of it cannot be parsed */
export function flowsOf(template: Json, place: Place, secrets: readonly Secret[]): Flow[] {
  const flows: Flow[] = [];
  // Behind an element of a list members have no certain names.
  const visit = (value: Json, pointer: string, path: Path, isCertain: boolean): void => {
    if (typeof value === 'string') {
      if (mayBeTemplate(value))
        flows.push(
          ...flowsOfText(value, place, secrets, isCertain).map((flow) => ({
            ...flow,
            pointer,
            path: [...path, ...flow.path],
          })),
        );
    } else if (Array.isArray(value)) {
      value.forEach((element, index) => visit(element, childPointer(pointer, index), path, false));
    } else if (isJsonObject(value)) {
      for (const [key, member] of Object.entries(value)) {
        visit(member, childPointer(pointer, key), isCertain ? [...path, key] : path, isCertain);
      }
    }
  };
  visit(template, '', [], true);
  return flows;
}

/** A text that is one path hands on what it leads to as it is, so what is secret in it keeps its place. */
function flowsOfText(
  text: string,
  place: Place,
  secrets: readonly Secret[],
  isCertain: boolean,
): Omit<Flow, 'pointer'>[] {
  const whole = isCertain ? wholeExpression(text) : undefined;
  const path = whole && plainPathOf(whole, functions);
  if (path === undefined) {
    return expressionsIn(text).flatMap((expression) =>
      secretsRead(expression, place, secrets).map(({ source }) => ({ path: [], source })),
    );
  }
  const read = pathsRead(path, place);
  return seenAt(place, secrets).flatMap((secret) => {
    const touched = read.find((one) => touches(one, secret.path));
    return touched === undefined
      ? []
      : [{ path: secret.path.slice(touched.length), source: sourceOf(secret, path, read) }];
  });
}

function wholeExpression(text: string): Expression | undefined {
  const { parts, isWhole } = parseTemplate(text);
  return isWhole ? parts.find((part) => part instanceof Expression) : undefined;
}
