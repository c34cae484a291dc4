import { constantOf } from '../../expression/constant.ts';
import { Evaluation } from '../../expression/evaluation.ts';
import { ExpressionError } from '../../expression/error.ts';
import { parseCondition, type Expression } from '../../expression/expression.ts';
import type { Node } from '../../expression/node.ts';
import { applyOperator } from '../../expression/operator.ts';
import { referencesOf } from '../../expression/reference.ts';
import { truthy, type Value } from '../../expression/value.ts';
import type { TaskDefinition } from '../definition.ts';
import { comparisonOf, isTruthy, keyOf, samplesOf, type Comparison, type Sample, type Subject } from './subjects.ts';

/** How a task can end, as far as its transitions can tell. */
export type Outcome = 'succeeded' | 'failed' | 'timed_out' | 'skipped';

/** One way a task can end, and the transitions, by their place, that may fire then. Together the cases are all ways. */
export interface Case {
  outcome: Outcome;
  mayFire: readonly number[];
}

/** Most cases that are told apart; with more, those subjects that have the most values are not looked at. */
const mostCases = 200;

/** All ways a task can end. What is not known to be impossible counts as possible. */
export function casesOf(task: TaskDefinition): Case[] {
  const conditions = conditionsOf(task);
  const chosen = withinReason(subjectsOf(conditions));
  return outcomesOf(task).flatMap((outcome) =>
    assignments(chosen).map((samples) => ({
      outcome,
      mayFire: conditions.flatMap((condition, index) =>
        condition === null || truthIn(condition.expression.root, { outcome, samples, mark: condition.mark }) !== false
          ? [index]
          : [],
      ),
    })),
  );
}

/** Which outcomes are possible. */
export function outcomesOf({ when }: TaskDefinition): Outcome[] {
  const condition = when === null ? null : parsed(when);
  const root = condition?.root;
  const isSkipped = root === undefined ? undefined : constantOf(root);
  if (when === null) return ['succeeded', 'failed', 'timed_out'];
  if (isSkipped !== undefined) return truthy(isSkipped) ? ['succeeded', 'failed', 'timed_out'] : ['skipped'];
  return ['succeeded', 'failed', 'timed_out', 'skipped'];
}

interface Condition {
  expression: Expression;
  /** Tells what it reads from what earlier conditions read, where something in between may have changed it. */
  mark: string;
}

/** The conditions of the transitions; null for one that has none, or that cannot be parsed. */
function conditionsOf({ next }: TaskDefinition): (Condition | null)[] {
  const published = new Set<string>();
  return next.map(({ when, publish }, index) => {
    const expression = when === null ? null : parsed(when);
    const condition = expression && { expression, mark: readsAny(expression, published) ? `${index}:` : '' };
    for (const name of publish.flatMap((entry) => Object.keys(entry))) published.add(name);
    return condition;
  });
}

function parsed(text: string): Expression | null {
  try {
    return parseCondition(text);
  } catch (error) {
    if (error instanceof ExpressionError) return null;
    throw error;
  }
}

/** Whether an expression may read one of some variables. */
const readsAny = (expression: Expression, variables: ReadonlySet<string>): boolean =>
  variables.size > 0 &&
  referencesOf(expression).some(({ path: [root, name] }) =>
    ['workflow', 'vars', 'variables'].includes(root) ? name === undefined || variables.has(name) : variables.has(root),
  );

function subjectsOf(conditions: readonly (Condition | null)[]): Subject[] {
  const found = new Map<string, Subject>();
  const add = (key: string, literals: readonly Value[] = [], isOrdered = false): void => {
    const subject = found.get(key) ?? { key, literals: [], isOrdered: false };
    subject.literals.push(...literals);
    subject.isOrdered ||= isOrdered;
    found.set(key, subject);
  };
  const visit = (node: Node, mark: string): void => {
    if (node.kind === 'and' || node.kind === 'or') node.operands.forEach((operand) => visit(operand, mark));
    else if (node.kind === 'not') visit(node.operand, mark);
    else if (constantOf(node) === undefined) {
      const comparison = node.kind === 'binary' ? comparisonOf(node) : undefined;
      if (comparison === undefined) add(keyOf(node, mark));
      else add(keyOf(comparison.subject, mark), literalsOf(comparison), isOrder(comparison));
    }
  };
  for (const condition of conditions) if (condition !== null) visit(condition.expression.root, condition.mark);
  for (const outcome of Object.keys(functionOf)) found.delete(keyOf(callTo(outcome as Outcome)));
  return [...found.values()];
}

const literalsOf = ({ operator, constant }: Comparison): Value[] =>
  operator === 'in' ? (Array.isArray(constant) ? constant : []) : [constant];

const isOrder = ({ operator }: Comparison): boolean => ['<', '>', '<=', '>='].includes(operator);

/** The subjects whose values can be tried in all combinations. */
function withinReason(subjects: readonly Subject[]): Subject[] {
  const chosen = subjects.toSorted((a, b) => samplesOf(a).length - samplesOf(b).length);
  const product = (): number => chosen.reduce((count, subject) => count * samplesOf(subject).length, 1);
  while (product() > mostCases) chosen.pop();
  return chosen;
}

type Samples = ReadonlyMap<string, Sample>;

const assignments = (subjects: readonly Subject[]): Samples[] =>
  subjects.reduce<Samples[]>(
    (all, subject) =>
      all.flatMap((samples) => samplesOf(subject).map((sample) => new Map([...samples, [subject.key, sample]]))),
    [new Map()],
  );

interface World {
  outcome: Outcome;
  samples: Samples;
  mark: string;
}

const functionOf: Readonly<Record<Outcome, string>> = {
  succeeded: 'succeeded',
  failed: 'failed',
  timed_out: 'timed_out',
  skipped: 'skipped',
};

const callTo = (outcome: Outcome): Node => ({
  kind: 'call',
  name: functionOf[outcome],
  arguments: [],
  start: 0,
  end: 0,
  at: 0,
});

/** Whether a condition holds in one case; undefined where that is not known. */
function truthIn(node: Node, world: World): boolean | undefined {
  switch (node.kind) {
    case 'not': {
      const operand = truthIn(node.operand, world);
      return operand === undefined ? undefined : !operand;
    }
    case 'and':
    case 'or': {
      const decisive = node.kind === 'or';
      const operands = node.operands.map((operand) => truthIn(operand, world));
      if (operands.includes(decisive)) return decisive;
      return operands.includes(undefined) ? undefined : !decisive;
    }
    default: {
      const value = constantOf(node, (part) => outcomeFact(part, world.outcome));
      if (value !== undefined) return truthy(value);
      const comparison = node.kind === 'binary' ? comparisonOf(node) : undefined;
      if (comparison !== undefined) return compare(comparison, world);
      const sample = world.samples.get(keyOf(node, world.mark));
      return sample && isTruthy(sample);
    }
  }
}

/** What the functions about the outcome answer; their arguments are ignored. */
function outcomeFact(node: Node, outcome: Outcome): Value | undefined {
  if (node.kind !== 'call' || !Object.hasOwn(functionOf, node.name)) return undefined;
  return functionOf[outcome] === node.name;
}

function compare({ subject, operator, constant }: Comparison, { samples, mark }: World): boolean | undefined {
  const sample = samples.get(keyOf(subject, mark));
  if (sample === undefined) return undefined;
  if ('value' in sample) {
    try {
      return truthy(applyOperator(operator, sample.value, constant, new Evaluation()));
    } catch (error) {
      if (error instanceof ExpressionError) return undefined; // then the run fails, and nothing fires
      throw error;
    }
  }
  if (operator === '==') return false;
  if (operator === '!=') return true;
  return operator === 'in' && Array.isArray(constant) ? false : undefined;
}
