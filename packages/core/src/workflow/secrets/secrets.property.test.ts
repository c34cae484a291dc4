import { expect, test } from 'vitest';
import { taskOf, workflowOf } from '../../../test/workflow/arrows.ts';
import { Play } from '../../../test/workflow/play.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { FlatSchema } from '../../schema/flat-schema.ts';
import { changeAll } from '../../secret/paths.ts';
import { integerFrom, oneFrom, randomFrom, type Random } from '../simulate/random-number.ts';
import type { WorkflowDefinition } from '../definition.ts';
import { maskDecision } from './mask-decision.ts';
import { secretViewPaths } from './result-paths.ts';
import { secretsOf } from './secrets.ts';

// Random workflows move canaries about in every way the language has; whatever the analysis does not call secret must hold none. No
// function they use takes a canary apart, so one is found wherever it went.

const canary = 'hunter2';
const seeds = 1_500;

const parameters: FlatSchema = {
  user: { type: 'string' },
  token: { type: 'string', secret: true },
  login: { type: 'object', properties: { name: { type: 'string' }, password: { secret: true } } },
};
const facts = {
  parameters: { user: 'me', token: `${canary}-token`, login: { name: 'me', password: `${canary}-password` } },
  config: { url: 'here', key: `${canary}-config` },
  keystore: { k: `${canary}-k`, 'a.b': { c: `${canary}-ab` } },
};
const output: FlatSchema = {
  id: {},
  token: { secret: true },
  list: { type: 'array', items: { properties: { token: { secret: true } } } },
};
const answer: JsonObject = {
  succeeded: true,
  data: {
    id: 7,
    token: `${canary}-result`,
    list: [
      { token: `${canary}-a`, name: 'a' },
      { token: `${canary}-b`, name: 'b' },
    ],
  },
};

const names = ['t0', 't1', 't2', 't3'] as const;
const variables = ['v0', 'v1', 'v2'] as const;

/** Something that can be read, whether it exists or not. */
function source(random: Random): string {
  const task = oneFrom(random, names);
  const variable = oneFrom(random, variables);
  return oneFrom(random, [
    'parameters.user',
    'parameters.token',
    'parameters',
    "parameters['login']",
    'parameters.login.name',
    "get(parameters.login, 'password', 0)",
    "parameters[lower('TOKEN')]",
    'config.url',
    'config.key',
    'config',
    'keystore.k',
    "keystore['a.b'].c",
    "get(keystore, 'none', 1)",
    `get(task, '${task}', 0)`,
    `get(get(tasks, '${task}', {}), 'token', 0)`.replace('{}', 'parameters.login'),
    `get(get(task, '${task}', config), 'id', 0)`,
    `get(task, '${task}', [[0]])[0]`,
    'result()',
    "get(result(), 'token', 0)",
    "get(result(), 'data', 0)",
    "get(result(), 'list', [0])[0]",
    "get(result(), 'id', 0)",
    'result().list.0',
    'result().0.token',
    `workflow.${variable}`,
    `vars['${variable}']`,
    variable,
    `get(${variable}, 'inner', 0)`,
    `get(${variable}, 'token', 0)`,
    'workflow',
    'system.workflow_start',
  ]);
}

function expression(random: Random, item: boolean): string {
  const one =
    item && random() < 0.4 ? oneFrom(random, ['item', "get(item, 'token', 0)", '[item, index]']) : source(random);
  return oneFrom(random, [
    one,
    one,
    `[${one}, ${source(random)}]`,
    `string(${one})`,
    `lower(string(${one})) + '!'`,
    `reversed([${one}])`,
    `unique([string(${one})])`,
    `length(string(${one}))`,
    `type_of(${one})`,
    ...(random() < 0.2 ? [`number(${one})`] : []),
  ]);
}

const text = (random: Random, item = false): string =>
  oneFrom(random, [
    `{{ ${expression(random, item)} }}`,
    `{{ ${expression(random, item)} }}`,
    `a {{ ${expression(random, item)} }} b`,
  ]);

function template(random: Random, item = false): JsonObject {
  const value = (depth: number): Json => {
    const kind = random();
    if (depth > 1 || kind < 0.6) return text(random, item);
    if (kind < 0.8) return [value(depth + 1), 'plain'];
    return { inner: value(depth + 1), '0': value(depth + 1) };
  };
  return { [oneFrom(random, ['a', 'token', 'inner'])]: value(0), b: value(0) };
}

const publishes = (random: Random): JsonObject[] =>
  Array.from({ length: integerFrom(random, 0, 3) }, () => {
    const value: Json = random() < 0.7 ? text(random) : { inner: text(random), token: text(random) };
    return { [oneFrom(random, variables)]: value };
  });

function workflow(random: Random): WorkflowDefinition {
  const tasks = names.map((name, index) => {
    const hasItems = random() < 0.3;
    const next = names[index + 1];
    return taskOf(name, {
      input: random() < 0.1 ? 'inherit' : template(random, hasItems),
      with_items: hasItems ? text(random) : null,
      next: [
        { when: null, publish: publishes(random), do: next === undefined ? [] : [next] },
        { when: `${source(random)} == ${source(random)}`, publish: publishes(random), do: [] },
      ],
    });
  });
  return {
    // in an order of the file that is not that of the run
    ...workflowOf(random() < 0.5 ? tasks : tasks.toReversed()),
    parameters,
    vars: { v0: null, v1: { inner: 'x' }, v2: 1 },
    output_map: { one: text(random), two: text(random) },
  };
}

test(`of ${seeds} random workflows none lets a canary out of what is called secret`, () => {
  const reached = { inputs: 0, items: 0, variables: 0, finished: 0, errors: 0 };
  for (let seed = 0; seed < seeds; seed += 1) {
    const random = randomFrom(`secrets ${seed}`);
    const definition = workflow(random);
    const paths = secretViewPaths(output);
    const secrets = secretsOf(definition, {
      config: [['key']],
      results: Object.fromEntries(names.map((name) => [name, paths])),
    });
    const run = new Play(definition, { ...facts, secrets });
    for (let steps = 0; run.outcome === null && steps < 40; steps += 1) {
      const [living] = run.everyLiving();
      if (living === undefined) break;
      run.tell({ ...living, outcome: random() < 0.85 ? 'succeeded' : 'failed', result: answer });
    }
    const told = JSON.stringify({ seed, definition }, null, 1);
    const expectNone = (value: unknown, what: string): void => {
      expect(JSON.stringify(value ?? null).includes(canary), `${what}\n${told}`).toBe(false);
    };
    for (const start of run.starts) {
      const flows = secrets.input(start.task);
      expectNone(
        changeAll<Json>(
          start.input,
          flows.map(({ path }) => path),
          () => '***',
        ),
        `the input of ${start.task}: ${JSON.stringify(start.input)}, flows ${JSON.stringify(flows)}`,
      );
      expectNone(start.error, 'why a task cannot start');
      if (JSON.stringify(start.input).includes(canary)) reached.inputs += 1;
      if (start.error !== null) reached.errors += 1;
    }
    for (const list of run.lists) {
      if (!list.secret) expectNone(list.elements, `the items of ${list.task}`);
      else reached.items += 1;
    }
    for (const [name, value] of Object.entries(run.variables)) {
      if (!secrets.variables.has(name)) expectNone(value, `the variable ${name}`);
      else reached.variables += 1;
    }
    expectNone(run.outcome, 'the result');
    if (run.outcome !== null) reached.finished += 1;
    for (const decision of run.decisions) expectNone(maskDecision(decision, secrets, null), 'a decision');
  }
  // or the test would be about nothing
  for (const [what, times] of Object.entries(reached)) expect(times, what).toBeGreaterThan(seeds / 20);
}, 60_000);

test('all variables at once may be published to one of them', () => {
  const all = taskOf('a', {
    next: [{ when: null, publish: [{ v0: '{{ workflow }}' }, { v0: '{{ vars }}' }], do: [] }],
  });
  const run = new Play({ ...workflowOf([all]), vars: { v0: 1, v1: 2 } });
  run.finish('a');
  expect(run.variables).toEqual({ v0: { v0: { v0: 1, v1: 2 }, v1: 2 }, v1: 2 });
});
