import { ExpressionError } from '../../../src/expression/error.ts';
import { evaluate } from '../../../src/expression/evaluate.ts';
import { parseCondition } from '../../../src/expression/expression.ts';
import { renderTemplate } from '../../../src/expression/render.ts';
import type { Scope } from '../../../src/expression/scope.ts';
import { truthy } from '../../../src/expression/value.ts';
import { ownValue, type Json, type JsonObject } from '../../../src/json.ts';
import {
  isReservedTarget,
  type RetryPolicy,
  type TaskDefinition,
  type WorkflowDefinition,
} from '../../../src/workflow/definition.ts';
import { Shape } from './shape.ts';

type Position = Record<string, number>;
type Outcome = 'succeeded' | 'failed' | 'timed_out' | 'abandoned' | 'cancelled' | 'skipped';

interface ModelRun {
  task: string;
  visit: number;
  position: Position;
  /** `given up`: a retry that waited when the workflow was made to fail. */
  state: 'active' | 'waits' | 'ended' | 'given up';
  attempt: number;
  retriesLeft: number;
  outcome: Outcome | null;
  result: Json;
  /** When it ended, among all ends. */
  ended: number;
  /** Of a task with items. */
  items: ModelItems | null;
}

type Ended = Pick<ModelRun, 'outcome' | 'result'>;

/** An attempt by what tells it from all others. */
export interface Attempt {
  task: string;
  visit: number;
  item: number | null;
  attempt: number;
}

interface ModelItems {
  /** What each item is: an element, or a batch of them. */
  each: readonly Json[];
  limit: number;
  /** The run whose transition started the task. */
  by: ModelRun | null;
  /** Those that were released, in their order. */
  released: ModelItem[];
  /** Whether no other one starts. */
  stops: boolean;
}

interface ModelItem {
  state: 'active' | 'waits' | 'ended';
  attempt: number;
  retriesLeft: number;
  outcome: Outcome | null;
  result: Json;
}

/** What one step came to, in a form that the conductor's step can be brought into. */
export interface Observed {
  starts: { task: string; visit: number; item: number | null; position: Position; input: JsonObject | 'error' }[];
  transitions: { task: string; visit: number; index: number; fired: boolean; isError: boolean }[];
  targets: { task: string; fate: string; by: string | null; visit: number | null }[];
  retry: { number: number; delay: number } | null;
  ignored: boolean;
  variables: JsonObject;
  outcome: { status: string; output: JsonObject } | null;
}

/** The workflow language as its pages say it, carried out in the most direct way: everything that ever happened is kept and looked
 *  through each time. It is the model that the conductor, which forgets and compacts, has to agree with, step by step. */
export class Reference {
  readonly #definition: WorkflowDefinition;
  readonly #shape: Shape;
  readonly #parameters: JsonObject;
  readonly #runs: ModelRun[] = [];
  readonly #arrivals: { task: string; position: Position; from: string }[] = [];
  readonly #unhandled = new Set<string>();
  #variables: JsonObject;
  #isFailing = false;
  #isCancelled = false;
  #queue: { task: string; by: ModelRun }[] = [];
  #seen: Observed = nothing();

  constructor(definition: WorkflowDefinition, parameters: JsonObject) {
    this.#definition = definition;
    this.#shape = new Shape(definition);
    this.#parameters = parameters;
    this.#variables = definition.vars;
  }

  begin(): Observed {
    return this.#step(() => {
      for (const entry of this.#shape.entries) {
        this.#start(entry, Object.fromEntries(this.#shape.loopsOf(entry).map(({ head }) => [head, 0])), null);
      }
      return null;
    });
  }

  /** @param started whether the attempt could start at all; what cannot is not retried */
  end(
    { task, visit, item, attempt }: Attempt,
    outcome: Exclude<Outcome, 'skipped'>,
    result: Json,
    started: boolean,
  ): Observed {
    return this.#step(() => {
      const run = this.#runs.find((one) => one.task === task && one.visit === visit);
      const one = item === null ? run : run?.items?.released[item];
      const isOne = item === null || run?.state === 'active';
      if (run === undefined || !isOne || one?.state !== 'active' || one.attempt !== attempt) {
        this.#seen.ignored = true;
        return null;
      }
      Object.assign(one, { outcome, result });
      const mayRetry = started && outcome !== 'cancelled' && run.items?.stops !== true;
      if (mayRetry && this.#retries(run, one)) return null;
      return item === null ? this.#end(run) : this.#endItem(run, one as ModelItem);
    });
  }

  again({ task, visit, item }: Omit<Attempt, 'attempt'>): void {
    const run = this.#runs.find((one) => one.task === task && one.visit === visit);
    const one = item === null ? run : run?.items?.released[item];
    if (one === undefined) throw new Error(`${task} never ran`);
    one.state = 'active';
    one.attempt += 1;
  }

  #end(run: ModelRun): ModelRun | null {
    this.#close(run);
    if (run.outcome === 'cancelled') {
      this.#isCancelled = true;
      return null;
    }
    const isHandled = this.#isFailing ? null : this.#fire(run);
    if (run.outcome !== 'succeeded' && isHandled === false) this.#unhandled.add(run.task);
    return run;
  }

  /** An item that did not succeed is the last one to start; the task ends with the last one that runs. */
  #endItem(run: ModelRun, item: ModelItem): ModelRun | null {
    const { items } = run;
    if (items === null) throw new Error(`${run.task} has no items`);
    item.state = 'ended';
    if (item.outcome !== 'succeeded') stop(items);
    if (!this.#isFailing) this.#release(run, items);
    if (items.released.some((one) => one.state !== 'ended')) return null;
    run.outcome = outcomeOf(items);
    run.result = items.each.map((_, index) => {
      const one = items.released[index];
      return one?.outcome === 'succeeded' ? one.result : null;
    });
    return this.#end(run);
  }

  #step(act: () => ModelRun | null): Observed {
    this.#seen = nothing();
    const last = act();
    for (let arrival = this.#queue.shift(); arrival !== undefined; arrival = this.#queue.shift()) {
      this.#arrive(arrival.task, arrival.by);
    }
    const isQuiet = !this.#runs.some((run) => run.state === 'active' || run.state === 'waits');
    if (isQuiet && !this.#seen.ignored) this.#seen.outcome = this.#conclude(last);
    this.#seen.variables = this.#variables;
    return this.#seen;
  }

  #retries(run: ModelRun, one: ModelRun | ModelItem): boolean {
    const { retry } = this.#task(run.task);
    if (retry === null || one.outcome === 'succeeded' || one.retriesLeft === 0 || this.#isFailing) return false;
    const holds = this.#holds(retry.on_error, run, one);
    if (holds !== true) return false;
    one.retriesLeft -= 1;
    one.state = 'waits';
    this.#seen.retry = { number: retry.count - one.retriesLeft, delay: delayOf(retry, retry.count - one.retriesLeft) };
    return true;
  }

  /** Null: it could not be evaluated, which makes the workflow fail. */
  #holds(condition: string | null, reader: { task: string; position: Position }, ended: Ended | null): boolean | null {
    if (condition === null) return true;
    try {
      return truthy(evaluate(parseCondition(condition), this.#scope(reader, ended)));
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      this.#fail();
      return null;
    }
  }

  #fail(): void {
    this.#isFailing = true;
    for (const run of this.#runs) {
      if (run.state === 'waits') run.state = 'given up';
      if (run.state !== 'active' || run.items === null) continue;
      stop(run.items);
      if (run.items.released.every((item) => item.state === 'ended')) run.state = 'given up';
    }
  }

  #close(run: ModelRun): void {
    run.state = 'ended';
    run.ended = this.#runs.filter((other) => other.state === 'ended').length;
  }

  #fire(run: ModelRun): boolean {
    const targets: string[] = [];
    this.#task(run.task).next.forEach(({ when, publish, do: names }, index) => {
      const seen = { task: run.task, visit: run.visit, index, fired: false, isError: false };
      this.#seen.transitions.push(seen);
      const holds = this.#holds(when, run, run);
      if (holds === null) seen.isError = true;
      if (holds !== true) return;
      seen.fired = true;
      targets.push(...names);
      try {
        for (const entry of publish) {
          const values = renderTemplate(entry, this.#scope(run, run)) as JsonObject;
          this.#variables = { ...this.#variables, ...values };
        }
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        seen.isError = true;
        this.#fail();
      }
    });
    for (const target of new Set(targets)) {
      if (!isReservedTarget(target)) this.#queue.push({ task: target, by: run });
      else this.#seen.targets.push({ task: target, fate: target, by: run.task, visit: null });
      if (target === 'fail') this.#fail();
    }
    return targets.length > 0;
  }

  #arrive(task: string, by: ModelRun): void {
    const shape = this.#shape;
    const { join } = this.#task(task);
    const moved = this.#moved(by.task, task, by.position);
    const position =
      join === null
        ? moved
        : Object.fromEntries(
            Object.entries(moved).filter(([head]) => {
              const loop = shape.loopAt(head);
              return loop !== undefined && shape.isPassed(loop, task);
            }),
          );
    const say = (fate: string): void => {
      this.#seen.targets.push({ task, fate, by: by.task, visit: null });
    };
    if (this.#runs.some((run) => run.task === task && isSame(run.position, position))) {
      say('dropped');
      return;
    }
    if (join !== null) {
      this.#arrivals.push({ task, position, from: by.task });
      if (this.#arrivedAt(task, position).size < this.#needed(task, position)) {
        say('waiting');
        return;
      }
    }
    this.#start(task, position, by);
  }

  #arrivedAt(task: string, position: Position): Set<string> {
    return new Set(
      this.#arrivals.filter((one) => one.task === task && isSame(one.position, position)).map(({ from }) => from),
    );
  }

  /** At the head of a loop the first round counts the tasks outside, the others those that lead back. */
  #needed(task: string, position: Position): number {
    const { join } = this.#task(task);
    if (typeof join === 'number') return join;
    const loop = this.#shape.loopAt(task);
    const isLater = (position[task] ?? 0) > 0;
    return this.#shape.sourcesOf(task).filter((source) => loop === undefined || loop.members.has(source) === isLater)
      .length;
  }

  #moved(from: string, to: string, position: Position): Position {
    const loop = this.#shape.loopAt(to);
    if (loop?.members.has(from) === true) {
      const kept = Object.entries(position).filter(([head]) => head === to || !loop.members.has(head));
      return { ...Object.fromEntries(kept), [to]: (position[to] ?? 0) + 1 };
    }
    const entered = this.#shape.loopsOf(to).filter(({ members }) => !members.has(from));
    return { ...position, ...Object.fromEntries(entered.map(({ head }) => [head, 0])) };
  }

  #start(task: string, position: Position, by: ModelRun | null): void {
    const definition = this.#task(task);
    const visit = this.#runs.filter((run) => run.task === task).length + 1;
    const say = (fate: string): void => {
      const number = fate === 'refused' ? null : visit;
      this.#seen.targets.push({ task, fate, by: by?.task ?? null, visit: number });
    };
    if (visit > this.#definition.max_visits) {
      this.#fail();
      say('refused');
      return;
    }
    const run: ModelRun = {
      ...{ task, visit, position, state: 'active', attempt: 1, outcome: null, result: null, ended: 0 },
      items: null,
      retriesLeft: definition.retry?.count ?? 0,
    };
    const holds = this.#holds(definition.when, run, by);
    this.#runs.push(run);
    if (holds === null) {
      run.state = 'given up'; // it has been here, but never was
      say('refused');
      return;
    }
    if (!holds) {
      say('skipped');
      run.outcome = 'skipped';
      this.#close(run);
      if (!this.#isFailing) this.#fire(run);
      return;
    }
    if (definition.with_items === null) {
      this.#seen.starts.push({ task, visit, item: null, position, input: this.#input(definition, run, by) });
      say('started');
      return;
    }
    run.items = this.#itemsOf(definition, run, by);
    if (run.items === null) this.#seen.starts.push({ task, visit, item: null, position, input: 'error' });
    say('started');
    if (run.items === null) return;
    if (run.items.each.length > 0) {
      this.#release(run, run.items);
      return;
    }
    Object.assign(run, { outcome: 'succeeded', result: [] });
    this.#close(run);
    if (!this.#isFailing) this.#fire(run);
  }

  /** Null: it cannot be told what the items are, or how many of them run at a time. */
  #itemsOf(
    { with_items, batch_size, concurrency }: TaskDefinition,
    run: ModelRun,
    by: ModelRun | null,
  ): ModelItems | null {
    const list = this.#render(with_items, this.#scope(run, by));
    const most =
      typeof concurrency === 'string' ? this.#render(`{{ ${concurrency} }}`, this.#scope(run, by)) : concurrency;
    if (list === undefined || most === undefined) return null;
    if (most !== null && !(typeof most === 'number' && Number.isInteger(most) && most >= 1)) return null;
    const elements = Array.isArray(list) ? list : [list];
    const each =
      batch_size === null
        ? elements
        : elements.flatMap((_, at) => (at % batch_size === 0 ? [elements.slice(at, at + batch_size)] : []));
    return { each, limit: most ?? Infinity, by, released: [], stops: false };
  }

  #release(run: ModelRun, items: ModelItems): void {
    const definition = this.#task(run.task);
    const isFree = (): boolean => items.released.filter((one) => one.state !== 'ended').length < items.limit;
    while (!items.stops && isFree() && items.released.length < items.each.length) {
      const index = items.released.length;
      const item = { item: items.each[index] ?? null, index };
      const input = this.#input(definition, run, items.by, item);
      const retriesLeft = definition.retry?.count ?? 0;
      items.released.push({ state: 'active', attempt: 1, retriesLeft, outcome: null, result: null });
      this.#seen.starts.push({ task: run.task, visit: run.visit, item: index, position: run.position, input });
      if (input === 'error') items.stops = true;
    }
  }

  #input(definition: TaskDefinition, run: ModelRun, by: ModelRun | null, item?: JsonObject): JsonObject | 'error' {
    if (definition.input === 'inherit') return this.#parameters;
    return (this.#render(definition.input, this.#scope(run, by, item)) as JsonObject | undefined) ?? 'error';
  }

  /** Undefined where it cannot be rendered. */
  #render(template: Json, scope: Scope): Json | undefined {
    try {
      return renderTemplate(template, scope);
    } catch (error) {
      if (error instanceof ExpressionError) return undefined;
      throw error;
    }
  }

  #conclude(last: ModelRun | null): Observed['outcome'] {
    if (this.#isCancelled) return { status: 'cancelled', output: {} };
    const output: JsonObject = {};
    for (const [key, template] of Object.entries(this.#definition.output_map ?? {})) {
      try {
        output[key] = renderTemplate(template, this.#scope(null, last));
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        this.#fail();
      }
    }
    const isUnmet = this.#arrivals.some(
      ({ task, position }) => !this.#runs.some((run) => run.task === task && isSame(run.position, position)),
    );
    const isFailed = this.#isFailing || this.#unhandled.size > 0 || isUnmet;
    return { status: isFailed ? 'failed' : 'completed', output };
  }

  #scope(reader: { task: string; position: Position } | null, ended: Ended | null, item: JsonObject = {}): Scope {
    const tasks = (): JsonObject =>
      Object.fromEntries(
        this.#shape.names.flatMap((name) => {
          const run = this.#read(name, reader);
          return run === undefined ? [] : [[name, viewOf(run.result)]];
        }),
      );
    const names: Record<string, () => Json> = {
      parameters: () => this.#parameters,
      workflow: () => this.#variables,
      task: tasks,
      ...Object.fromEntries(Object.entries(item).map(([name, value]) => [name, () => value])),
    };
    return {
      lookup: (name) => (Object.hasOwn(names, name) ? names[name]?.() : ownValue(this.#variables, name)),
      missing: 'error',
      functions: {
        result: () => ended?.result ?? null,
        succeeded: () => ended?.outcome === 'succeeded',
        failed: () => ended?.outcome === 'failed' || ended?.outcome === 'abandoned',
        timed_out: () => ended?.outcome === 'timed_out',
        skipped: () => ended?.outcome === 'skipped',
      },
    };
  }

  /** The last to end of the runs that agree with the reader in every loop both are in, else the last to end. */
  #read(name: string, reader: { task: string; position: Position } | null): ModelRun | undefined {
    const ended = this.#runs
      .filter((run) => run.task === name && run.state === 'ended')
      .sort((a, b) => a.ended - b.ended);
    if (reader === null) return ended.at(-1);
    const common = this.#shape.loopsOf(name).filter(({ members }) => members.has(reader.task));
    const agreeing = ended.filter((run) => common.every(({ head }) => run.position[head] === reader.position[head]));
    return agreeing.at(-1) ?? ended.at(-1);
  }

  #task(name: string): TaskDefinition {
    const task = this.#definition.tasks.find((one) => one.name === name);
    if (task === undefined) throw new Error(`There is no task ${name}`);
    return task;
  }
}

/** Nothing starts any more, and retries that wait are given up. */
function stop(items: ModelItems): void {
  items.stops = true;
  for (const item of items.released) if (item.state === 'waits') item.state = 'ended';
}

function outcomeOf({ each, released }: ModelItems): Outcome {
  const outcomes = released.map((item) => (item.outcome === 'abandoned' ? 'failed' : item.outcome));
  const worst = (['cancelled', 'failed', 'timed_out'] as const).find((one) => outcomes.includes(one));
  return worst ?? (released.length === each.length ? 'succeeded' : 'failed');
}

function delayOf({ delay, backoff, max_delay }: RetryPolicy, number: number): number {
  const waits = { constant: delay, linear: delay * number, exponential: delay * 2 ** (number - 1) }[backoff];
  return Math.min(waits, max_delay ?? Infinity);
}

const nothing = (): Observed => ({
  ...{ starts: [], transitions: [], targets: [], retry: null, ignored: false, variables: {}, outcome: null },
});

const viewOf = (result: Json): Json =>
  typeof result === 'object' && result !== null && !Array.isArray(result) ? { result, ...result } : result;

const isSame = (a: Position, b: Position): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.keys(a).every((head) => a[head] === b[head]);
