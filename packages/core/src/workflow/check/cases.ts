import { constantOf } from '../../expression/constant.ts';
import { Evaluation } from '../../expression/evaluation.ts';
import { ExpressionError } from '../../expression/error.ts';
import { parseCondition, type Expression } from '../../expression/expression.ts';
import type { Node } from '../../expression/node.ts';
import { isNumeric } from '../../expression/number.ts';
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
  const outcomes = outcomesOf(task);
  const subjects = withinReason(subjectsOf(conditions));
  const compiled = conditions.map(
    (condition) => condition && compile(condition.expression.root, condition.mark, subjects),
  );
  const cases = new Map<string, Case>();
  for (const outcome of outcomes) {
    for (const choice of choices(subjects)) {
      const mayFire = compiled.flatMap((truth, index) => (truth?.(outcome, choice) === false ? [] : [index]));
      cases.set(`${outcome} ${mayFire.join(' ')}`, { outcome, mayFire });
    }
  }
  return [...cases.values()];
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

interface SampledSubject extends Subject {
  samples: Sample[];
}

function subjectsOf(conditions: readonly (Condition | null)[]): SampledSubject[] {
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
    else if (!isOutcome(node) && constantOf(node) === undefined) {
      const comparison = node.kind === 'binary' ? comparisonOf(node) : undefined;
      if (comparison === undefined) add(keyOf(node, mark));
      else add(keyOf(comparison.subject, mark), literalsOf(comparison), isOrder(comparison));
    }
  };
  for (const condition of conditions) if (condition !== null) visit(condition.expression.root, condition.mark);
  return [...found.values()].map((subject) => ({ ...subject, samples: samplesOf(subject) }));
}

const literalsOf = ({ operator, constant }: Comparison): Value[] =>
  operator === 'in' ? (Array.isArray(constant) ? constant : []) : [constant];

const isOrder = ({ operator }: Comparison): boolean => ['<', '>', '<=', '>='].includes(operator);

/** The subjects whose values can be tried in all combinations. */
function withinReason(subjects: readonly SampledSubject[]): SampledSubject[] {
  const chosen = subjects.toSorted((a, b) => a.samples.length - b.samples.length);
  while (chosen.reduce((count, { samples }) => count * samples.length, 1) > mostCases) chosen.pop();
  return chosen;
}

/** For each subject the place of one of its samples. */
type Choice = readonly number[];

const choices = (subjects: readonly SampledSubject[]): Choice[] =>
  subjects.reduce<Choice[]>(
    (all, { samples }) => all.flatMap((choice) => samples.map((_, place) => [...choice, place])),
    [[]],
  );

/** Whether a condition holds in one case; undefined where that is not known. */
type Truth = (outcome: Outcome, choice: Choice) => boolean | undefined;

const outcomeNames: readonly string[] = ['succeeded', 'failed', 'timed_out', 'skipped'] satisfies Outcome[];

/** A function about the outcome; its arguments are ignored. */
const isOutcome = (node: Node): boolean => node.kind === 'call' && outcomeNames.includes(node.name);

function compile(node: Node, mark: string, subjects: readonly SampledSubject[]): Truth {
  if (node.kind === 'not') {
    const operand = compile(node.operand, mark, subjects);
    return (outcome, choice) => {
      const truth = operand(outcome, choice);
      return truth === undefined ? undefined : !truth;
    };
  }
  if (node.kind === 'and' || node.kind === 'or') {
    const decisive = node.kind === 'or';
    const operands = node.operands.map((operand) => compile(operand, mark, subjects));
    return (outcome, choice) => {
      let result: boolean | undefined = !decisive;
      for (const operand of operands) {
        const truth = operand(outcome, choice);
        if (truth === decisive) return decisive;
        if (truth === undefined) result = undefined;
      }
      return result;
    };
  }
  return compileLeaf(node, mark, subjects);
}

function compileLeaf(node: Node, mark: string, subjects: readonly SampledSubject[]): Truth {
  if (node.kind === 'call' && isOutcome(node)) return (outcome) => outcome === node.name;
  const byOutcome = new Map(
    outcomeNames.map((outcome) => [outcome, constantOf(node, (part) => outcomeFact(part, outcome))] as const),
  );
  if (byOutcome.get('succeeded') !== undefined) return (outcome) => truthy(byOutcome.get(outcome) ?? null);
  const comparison = node.kind === 'binary' ? comparisonOf(node) : undefined;
  const key = keyOf(comparison?.subject ?? node, mark);
  const place = subjects.findIndex((subject) => subject.key === key);
  const truths = subjects[place]?.samples.map((sample) =>
    comparison ? compare(comparison, sample) : isTruthy(sample),
  );
  return (_, choice) => truths?.[choice[place] ?? -1];
}

function outcomeFact(node: Node, outcome: string): Value | undefined {
  return node.kind === 'call' && isOutcome(node) ? node.name === outcome : undefined;
}

function compare({ operator, constant }: Comparison, sample: Sample): boolean | undefined {
  if ('value' in sample) {
    try {
      return truthy(applyOperator(operator, sample.value, constant, new Evaluation()));
    } catch (error) {
      if (error instanceof ExpressionError) return false; // then the run fails, and nothing fires
      throw error;
    }
  }
  if (operator === '==') return false;
  if (operator === '!=') return true;
  if (operator === 'in') return Array.isArray(constant) ? false : undefined;
  // There is a sample for every number; to order anything else by a number is an error.
  return isNumeric(constant) ? false : undefined;
}
