import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatProblem } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import { readYaml } from '../../yaml/document.ts';
import { parseWorkflow } from '../file/parse.ts';
import type { WorkflowDefinition } from '../definition.ts';
import { givenResults, type GivenSource } from './given.ts';
import { pathText } from './key.ts';
import type { KnownAction, KnownActions } from './known-action.ts';
import { readResults } from './results-file.ts';
import { simulate, type SimulationOptions } from './simulate.ts';
import type { Simulation } from './simulation.ts';

/** A workflow by its text, or by the name of a fixture. */
export function workflowOf(source: string): WorkflowDefinition {
  const isFixture = source.endsWith('.yaml');
  const text = isFixture ? readFileSync(join(import.meta.dirname, '..', 'fixtures', source), 'utf8') : source;
  const { workflow, problems } = parseWorkflow(readYaml(text, 'workflow.yaml'));
  if (workflow === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  return workflow;
}

export const actionOf = (ref: string, more: Partial<KnownAction> = {}): KnownAction => ({
  ref,
  parameters: null,
  output: null,
  timeout_seconds: null,
  on_worker_lost: 'fail',
  workflow: null,
  ...more,
});

/** These workflows and actions; any other ref is an action that takes anything. */
export function knowing(workflows: readonly WorkflowDefinition[], actions: readonly KnownAction[] = []): KnownActions {
  const known = new Map(
    [
      ...workflows.map((workflow) => actionOf(workflow.ref, { workflow, parameters: workflow.parameters })),
      ...actions,
    ].map((action) => [action.ref, action]),
  );
  return (ref) => known.get(ref) ?? actionOf(ref);
}

/** Results as a file gives them. */
export function resultsOf(text: string): GivenSource {
  const { value, problems } = readResults(readYaml(text, 'results.yaml'));
  if (value === undefined || problems.length > 0) throw new Error(problems.map(formatProblem).join('\n'));
  return givenResults(value);
}

export interface SimulateOptions extends Partial<Omit<SimulationOptions, 'ref'>> {
  results?: string;
  nested?: readonly string[];
  known?: readonly KnownAction[];
}

/** Simulates a workflow given by text or fixture. */
export function simulated(source: string, options: SimulateOptions = {}): Simulation {
  const { results, nested = [], known = [], ...more } = options;
  const workflow = workflowOf(source);
  return simulate({
    ref: workflow.ref,
    actions: knowing([workflow, ...nested.map(workflowOf)], known),
    ...(results === undefined ? {} : { source: resultsOf(results) }),
    ...more,
  });
}

/** The starts and ends in order: `0 -> probe`, `1 probe succeeded`. */
export const orderOf = ({ steps }: Pick<Simulation, 'steps'>): string[] =>
  steps.flatMap((step) => {
    if (step.kind === 'successor') return [`${step.at_seconds} ${step.reason} ${pathText(step.run, step)}`];
    const ended =
      step.ended === null ? [] : [`${step.at_seconds} ${pathText(step.run, step.ended)} ${step.ended.outcome}`];
    return [...ended, ...step.started.map((start) => `${step.at_seconds} -> ${pathText(step.run, start)}`)];
  });

export const jsonOf = (value: unknown): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;
