import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatProblem } from '../../src/errors.ts';
import { isJsonObject, parseJson, stringifyJson, type Json, type JsonObject } from '../../src/json.ts';
import { fillDefaults } from '../../src/schema/flat-schema.ts';
import { advance, awaitsRetry, begin, retried } from '../../src/workflow/conductor/conductor.ts';
import type { Decision } from '../../src/workflow/conductor/decision.ts';
import { livingAttempts, type LivingAttempt } from '../../src/workflow/conductor/living.ts';
import { Memory } from '../../src/workflow/conductor/memory.ts';
import type { RunEvent } from '../../src/workflow/conductor/replay.ts';
import { neededFor } from '../../src/workflow/conductor/needed.ts';
import type { RunState } from '../../src/workflow/conductor/state.ts';
import type {
  Finished,
  ItemList,
  Outcome,
  RunFacts,
  RunOutcome,
  Step,
  TaskStart,
} from '../../src/workflow/conductor/step.ts';
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
  readonly lists: ItemList[] = [];
  readonly #memory: Memory;
  readonly #ended = new Map<string, Json>();

  constructor(definition: WorkflowDefinition, facts: Partial<RunFacts> = {}) {
    this.graph = buildGraph(throughJson(definition as unknown as JsonObject) as unknown as WorkflowDefinition);
    this.facts = { parameters: {}, config: {}, keystore: {}, workflow_start: '2026-01-27T21:25:00.000000Z', ...facts };
    this.#memory = new Memory(this.graph);
    const step = begin(this.graph, this.facts);
    this.state = step.state;
    this.tasks = step.tasks;
    this.first = this.#take(step);
  }

  /** Ends the oldest living run of a task, or the one of a visit, and answers the names of what starts: `task`, or `task.1` for its
   *  second item. The first item under way, for a task that has any. */
  finish(task: string, outcome: Outcome = 'succeeded', result: Json = {}, visit?: number): string[] {
    const run = this.living(task).find((one) => visit === undefined || one.visit === visit);
    if (run === undefined) throw new Error(`'${task}' does not run`);
    return this.tell({ task, ...run, outcome, result });
  }

  /** Ends the living attempt of one item. */
  finishItem(task: string, item: number, outcome: Outcome = 'succeeded', result: Json = {}): string[] {
    const run = this.living(task).find((one) => one.item === item);
    if (run === undefined) throw new Error(`Item ${item} of '${task}' does not run`);
    return this.tell({ task, ...run, outcome, result });
  }

  tell(finished: Finished): string[] {
    const needed = neededFor(this.graph, this.state, finished);
    const keys = new Set(needed.results.map((one) => `${one.visit} ${one.task}`));
    const step = advance(this.graph, this.state, this.variables, this.facts, finished, {
      result: (task, visit) => {
        if (!keys.has(`${visit} ${task}`)) {
          throw new Error(`The result of '${task}', visit ${visit}, was not asked for`);
        }
        return this.#memory.result(task, visit);
      },
      elements: (task, visit, from, to) => {
        const { elements: asked } = needed;
        if (asked?.task !== task || asked.visit !== visit || from < asked.from || to > asked.to) {
          throw new Error(`Elements ${from} to ${to} of '${task}', visit ${visit}, were not asked for`);
        }
        return this.#memory.elements(task, visit, from, to);
      },
    });
    this.events.push({ kind: 'finished', finished });
    if (step.decision.ignored === undefined) {
      this.#memory.add(finished);
      this.#ended.set(`${finished.visit} ${finished.task}`, finished.result);
    }
    return this.#take(step);
  }

  /** Creates the successor of a failed attempt that is to be retried, else of one that is restarted: the oldest of the task. */
  again(task: string, visit?: number, item?: number | null): void {
    const run = livingAttempts(this.graph, this.state)
      .filter((one) => one.task === task && (visit ?? one.visit) === one.visit && (item ?? one.item) === one.item)
      .sort((a, b) => Number(b.waits) - Number(a.waits))[0];
    if (run === undefined) throw new Error(`'${task}' has no attempt to follow`);
    const next = { task, visit: run.visit, item: run.item, attempt: run.attempt + 1 };
    this.state = throughJson(retried(this.graph, this.state, next));
    this.events.push({ kind: 'retried', ...next });
  }

  awaits(task: string, visit = 1, item: number | null = null): boolean {
    return awaitsRetry(this.state, task, visit, item);
  }

  /** The attempts that wait for the next one, in the order of the file. */
  everyWaitingAttempt(): LivingAttempt[] {
    return livingAttempts(this.graph, this.state).filter((one) => one.waits);
  }

  /** The tasks with such attempts. */
  everyWaiting(): string[] {
    return [...new Set(this.everyWaitingAttempt().map((one) => one.task))];
  }

  /** The attempts of a task that are under way, oldest first. */
  living(task: string): { visit: number; item: number | null; attempt: number }[] {
    return livingAttempts(this.graph, this.state)
      .filter((one) => one.task === task && !one.waits)
      .map(({ visit, item, attempt }) => ({ visit, item, attempt }));
  }

  /** The `id` in the result that a run of a task ended with last; null if there is none. */
  idOf({ task, visit }: { task: string; visit: number }): number | null {
    const result = this.#ended.get(`${visit} ${task}`);
    const id = isJsonObject(result) ? result['id'] : undefined;
    return typeof id === 'number' ? id : null;
  }

  /** Every run under way, in the order of the file. */
  everyLiving(): { task: string; visit: number; item: number | null; attempt: number }[] {
    return livingAttempts(this.graph, this.state)
      .filter((one) => !one.waits)
      .map(({ task, visit, item, attempt }) => ({ task, visit, item, attempt }));
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
    this.lists.push(...step.lists);
    this.#memory.addLists(step.lists);
    this.skipped.push(...step.skipped);
    this.decisions.push(throughJson(step.decision));
    if (step.retry !== null) this.retries.push(step.retry);
    return step.start.map(({ task, item }) => (item === null ? task : `${task}.${item.index}`));
  }
}

/** What jsonb does to a value: the same, with its keys in an order of their own. */
const throughJson = <T>(value: T): T => reordered(parseJson(stringifyJson(value as Json))) as T;

function reordered(value: Json): Json {
  if (Array.isArray(value)) return value.map(reordered);
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([key, member]) => [key, reordered(member)]));
}
