import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatProblem } from '../../src/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/json.ts';
import { fillDefaults } from '../../src/schema/flat-schema.ts';
import { advance, awaitsRetry, begin, retried } from '../../src/workflow/conductor/conductor.ts';
import type { Decision } from '../../src/workflow/conductor/decision.ts';
import type { RunEvent } from '../../src/workflow/conductor/replay.ts';
import { resultsNeeded } from '../../src/workflow/conductor/results-needed.ts';
import type { RunState } from '../../src/workflow/conductor/state.ts';
import type { Finished, Outcome, RunFacts, RunOutcome, Step, TaskStart } from '../../src/workflow/conductor/step.ts';
import type { WorkflowDefinition } from '../../src/workflow/definition.ts';
import { parseWorkflow } from '../../src/workflow/file/parse.ts';
import { buildGraph, type WorkflowGraph } from '../../src/workflow/graph/graph.ts';
import { readYaml } from '../../src/yaml/document.ts';

const fixtures = join(import.meta.dirname, '..', '..', 'src', 'workflow');

/** Parses a fixture that is expected to be sound. */
export function definitionIn(fixture: string): WorkflowDefinition {
  return soundly(readFileSync(join(fixtures, fixture), 'utf8'), fixture);
}

export function soundly(text: string, file: string): WorkflowDefinition {
  const { workflow, problems } = parseWorkflow(readYaml(text, file));
  if (workflow === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  return workflow;
}

/** Plays a workflow: the engine's part without a database. */
export function play(fixture: string, parameters: JsonObject = {}): Play {
  const definition = definitionIn(fixture);
  return new Play(definition, { parameters: fillDefaults(definition.parameters, parameters) });
}

/** A run of a workflow whose tasks end as the test says. It holds the conductor to what the engine gives it: state and variables go
 *  through JSON between steps, with their keys in another order, as jsonb gives them back; and only those results can be read
 *  that were asked for. */
export class Play {
  readonly graph: WorkflowGraph;
  readonly facts: RunFacts;
  /** Names of the tasks that started at the beginning. */
  readonly first: string[];
  readonly starts: TaskStart[] = [];
  readonly retries: NonNullable<Step['retry']>[] = [];
  readonly skipped: Step['skipped'] = [];
  readonly decisions: Decision[] = [];
  readonly events: RunEvent[] = [];
  state: RunState;
  variables: JsonObject = {};
  outcome: RunOutcome | null = null;
  tasks: Step['tasks'];
  readonly #results = new Map<string, Json>();

  constructor(definition: WorkflowDefinition, facts: Partial<RunFacts> = {}) {
    this.graph = buildGraph(throughJson(definition as unknown as JsonObject) as unknown as WorkflowDefinition);
    this.facts = { parameters: {}, config: {}, keystore: {}, workflow_start: '2026-01-27T21:25:00.000000Z', ...facts };
    const step = begin(this.graph, this.facts);
    this.state = step.state;
    this.tasks = step.tasks;
    this.first = this.#take(step);
  }

  /** Ends the oldest living run of a task, or the one of a visit, and answers the names of the tasks that start. */
  finish(task: string, outcome: Outcome = 'succeeded', result: Json = {}, visit?: number): string[] {
    const run = this.living(task).find((one) => visit === undefined || one.visit === visit);
    if (run === undefined) throw new Error(`'${task}' does not run`);
    return this.tell({ task, visit: run.visit, attempt: run.attempt, outcome, result });
  }

  tell(finished: Finished): string[] {
    const needed = new Set(
      resultsNeeded(this.graph, this.state, finished.task).map((one) => `${one.visit} ${one.task}`),
    );
    const step = advance(this.graph, this.state, this.variables, this.facts, finished, {
      result: (task, visit) => {
        const key = `${visit} ${task}`;
        if (!needed.has(key)) throw new Error(`The result of '${task}', visit ${visit}, was not asked for`);
        return this.#results.get(key);
      },
      elements: () => [],
    });
    this.events.push({ kind: 'finished', finished });
    if (step.decision.ignored === undefined) this.#results.set(`${finished.visit} ${finished.task}`, finished.result);
    return this.#take(step);
  }

  /** Creates the successor of a failed attempt that is to be retried, or of one that is restarted. */
  again(task: string): void {
    const [run] = Object.entries(this.state.active[task] ?? {});
    if (run === undefined) throw new Error(`'${task}' has no attempt to follow`);
    const visit = Number(run[0]);
    const attempt = run[1].attempt + 1;
    this.state = throughJson(retried(this.state, task, visit, attempt));
    this.events.push({ kind: 'retried', task, visit, attempt });
  }

  awaits(task: string, visit = 1): boolean {
    return awaitsRetry(this.state, task, visit);
  }

  /** The tasks whose oldest living run waits for its next attempt, in the order of the file. */
  everyWaiting(): string[] {
    return [...this.graph.tasks.keys()].filter((task) => {
      const [visit] = Object.keys(this.state.active[task] ?? {});
      return visit !== undefined && this.awaits(task, Number(visit));
    });
  }

  /** The runs of a task that are under way, oldest first. */
  living(task: string): { visit: number; attempt: number }[] {
    return Object.entries(this.state.active[task] ?? {})
      .filter(([, run]) => !run.waits)
      .map(([visit, { attempt }]) => ({ visit: Number(visit), attempt }))
      .sort((a, b) => a.visit - b.visit);
  }

  /** The `id` in the result that a run of a task ended with last; null if there is none. */
  idOf({ task, visit }: { task: string; visit: number }): number | null {
    const result = this.#results.get(`${visit} ${task}`);
    const id = isJsonObject(result) ? result['id'] : undefined;
    return typeof id === 'number' ? id : null;
  }

  /** Every run under way, in the order of the file. */
  everyLiving(): { task: string; visit: number; attempt: number }[] {
    return [...this.graph.tasks.keys()].flatMap((task) => this.living(task).map((run) => ({ task, ...run })));
  }

  /** How the last run of a task was started. */
  start(task: string): TaskStart {
    const start = this.starts.findLast((one) => one.task === task);
    if (start === undefined) throw new Error(`'${task}' never started`);
    return start;
  }

  #take(step: Step): string[] {
    this.state = throughJson(step.state);
    this.variables = throughJson(step.variables);
    this.outcome = step.outcome ?? this.outcome;
    this.tasks = step.tasks;
    this.starts.push(...step.start);
    this.skipped.push(...step.skipped);
    this.decisions.push(throughJson(step.decision));
    if (step.retry !== null) this.retries.push(step.retry);
    return step.start.map((start) => start.task);
  }
}

/** What jsonb does to a value: the same, with its keys in an order of their own. */
function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1)))
      : member,
  ) as T;
}
