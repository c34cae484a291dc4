import type { Expression } from '../../expression/expression.ts';
import type { Json } from '../../json.ts';
import { leadsTo, secretPaths, type Path } from '../../secret/paths.ts';
import { childPointer } from '../../yaml/pointer.ts';
import { isReservedTarget, type TaskDefinition, type WorkflowDefinition } from '../definition.ts';
import {
  flowsOf,
  secretAt,
  secretsRead,
  withoutIndices,
  type Flow,
  type Place,
  type Secret,
  type SecretRead,
} from './read.ts';

/** What is known to be secret before anything of a workflow is rendered. */
export interface SecretSources {
  /** Fields of the pack's configuration. */
  config: readonly Path[];
  /** Fields of what `task.<name>` shows, by task: {@link secretViewPaths} of the `output` of its action. */
  results: Readonly<Record<string, readonly Path[]>>;
}

export const noSecretSources: SecretSources = { config: [], results: {} };

/** Where secrets go in a workflow, found out from its text alone: a secret is a place, and whatever reads the place, or something
 *  around it, is secret too. Nothing is decided by values, so the answer is the same before the run and at any moment of it. */
export interface WorkflowSecrets {
  /** Variables that may hold a secret at some time, by name, and where it comes from. Such a variable is sealed whole. */
  readonly variables: ReadonlyMap<string, string>;
  /** What the input of a task would put into parameters of its action. */
  input: (task: string) => readonly Flow[];
  /** Where the secret comes from that the items of a task may hold; undefined: they hold none. */
  items: (task: string) => string | undefined;
  /** What the `output_map` would put into the result: the first name of a path is its key. */
  readonly output: readonly Flow[];
  /** What an expression or a template reads that is secret. */
  reads: (of: Expression | Json, place: Place) => SecretRead[];
  /** Where what a path leads to comes from, if a secret is there, around it or in it; a path as proofs have it. */
  at: (path: readonly (string | number)[], place: Place) => string | undefined;
  /** Where the expressions stand that are evaluated when a task starts, when it ends, and when the run ends. */
  starting: (task: string) => Place;
  ending: (task: string) => Place;
  readonly concluding: Place;
}

/** Longest path that is told apart; what is deeper counts as all of what is there. Without an end, a variable that is put into itself
 *  would have ever longer ones. */
const deepest = 12;

/** @throws ExpressionError for a definition that was not checked. */
export function secretsOf(definition: WorkflowDefinition, sources: SecretSources): WorkflowSecrets {
  const secrets = firstSecrets(definition, sources);
  followPublishes(definition, secrets);
  const variables = new Map<string, string>();
  for (const { path, source } of secrets) {
    const [namespace, name] = path;
    if (namespace === 'workflow' && name !== undefined && !variables.has(name)) variables.set(name, source);
  }
  const tasks = new Map(definition.tasks.map((task) => [task.name, task]));
  const before = predecessorsOf(definition);
  const starting = (task: string): Place => ({ ended: before.get(task) ?? [] });
  const concluding: Place = { ended: [...tasks.keys()] };

  const items = once((name: string): string | undefined => {
    const template = tasks.get(name)?.with_items ?? null;
    return template === null ? undefined : secretsRead(template, starting(name), secrets)[0]?.source;
  });
  const input = once((name: string): readonly Flow[] => {
    const task = tasks.get(name);
    if (task === undefined) return [];
    if (task.input === 'inherit') return inheritedBy(definition);
    const item = task.with_items === null ? {} : { item: { source: items(name) } };
    return distinct(flowsOf(task.input, { ...starting(name), ...item }, secrets));
  });
  return {
    variables,
    items,
    input,
    output: distinct(flowsOf(definition.output_map, concluding, secrets)),
    reads: (of, place) => secretsRead(of, place, secrets),
    at: (path, place) => secretAt(path.map(String), place, secrets),
    starting,
    ending: (task) => ({ ended: [task] }),
    concluding,
  };
}

/** Everything that no publish has a part in. */
const firstSecrets = (definition: WorkflowDefinition, { config, results }: SecretSources): Secret[] => [
  ...secretPaths(definition.parameters).map((path) => secretFrom(['parameters', ...path])),
  ...config.map((path) => secretFrom(['config', ...path])),
  { path: ['keystore'], source: 'keystore' },
  ...Object.entries(results).flatMap(([task, paths]) => paths.map((path) => secretFrom(['task', task, ...path]))),
];

const secretFrom = (path: Path): Secret => ({ path: normal(path), source: path.join('.') });

/** The first two names of a path are a namespace and a name, which may consist of digits. */
const normal = ([namespace = '', name, ...rest]: Path): Path =>
  [namespace, ...(name === undefined ? [] : [name]), ...withoutIndices(rest)].slice(0, deepest);

/** A variable that something secret is published to is secret, and so is what that is published to. */
function followPublishes({ tasks }: WorkflowDefinition, secrets: Secret[]): void {
  for (let grown = true; grown;) {
    grown = false;
    for (const task of tasks) {
      for (const entry of task.next.flatMap(({ publish }) => publish)) {
        for (const { path, source } of flowsOf(entry, { ended: [task.name] }, secrets)) {
          const variable = normal(['workflow', ...path]);
          if (secrets.some((known) => leadsTo(known.path, variable))) continue;
          secrets.push({ path: variable, source });
          grown = true;
        }
      }
    }
  }
}

/** The tasks whose transitions name a task: one of them led to each of its runs. */
function predecessorsOf({ tasks }: WorkflowDefinition): Map<string, string[]> {
  const before = new Map<string, string[]>();
  for (const task of tasks)
    for (const target of targets(task)) before.set(target, [...(before.get(target) ?? []), task.name]);
  return before;
}

const targets = (task: TaskDefinition): Set<string> =>
  new Set(task.next.flatMap((transition) => transition.do).filter((target) => !isReservedTarget(target)));

const inheritedBy = (definition: WorkflowDefinition): Flow[] =>
  secretPaths(definition.parameters).map((path) => ({
    pointer: path.reduce((pointer, key) => childPointer(pointer, key), ''),
    path,
    source: ['parameters', ...path].join('.'),
  }));

const distinct = (flows: readonly Flow[]): Flow[] => [
  ...new Map(flows.map((flow) => [JSON.stringify([flow.pointer, flow.path, flow.source]), flow])).values(),
];

function once<T>(compute: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    if (!known.has(name)) known.set(name, compute(name));
    return known.get(name) as T;
  };
}
