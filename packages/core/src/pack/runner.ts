import { suggestion } from '../yaml/nearest.ts';
import { describe, patternForm, type Shape } from '../yaml/shape.ts';

/** What runs an action's entry point: an interpreter, or nothing (`native`: the file itself, or a part of the worker). */
export type RunnerType = 'shell' | 'python' | 'nodejs' | 'native';

/** Every accepted spelling, in lower case. */
const spellings: Record<string, RunnerType> = {
  shell: 'shell',
  bash: 'shell',
  sh: 'shell',
  'core.shell': 'shell',
  python: 'python',
  python3: 'python',
  'core.python': 'python',
  nodejs: 'nodejs',
  node: 'nodejs',
  'node.js': 'nodejs',
  'core.nodejs': 'nodejs',
  native: 'native',
  builtin: 'native',
  standalone: 'native',
  'core.native': 'native',
};

/** Those whose programs can be modules with a function to call. */
export const warmRunners = ['python', 'nodejs'] as const satisfies RunnerType[];

/** The runner a name, an alias or a ref stands for, whatever its case; undefined if none. */
export function runnerOf(name: string): RunnerType | undefined {
  const key = name.toLowerCase();
  return Object.hasOwn(spellings, key) ? spellings[key] : undefined;
}

/** These names in any case, as a regular expression without flags, which JSON Schema does not have. */
const inAnyCase = (names: readonly string[]): string =>
  names
    .map((name) => name.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`).replaceAll('.', '\\.'))
    .join('|');

const anyCase = inAnyCase(Object.keys(spellings));

/** What names one of the {@link warmRunners}, as a regular expression. */
export const warmRunnerPattern = `^(${inAnyCase(
  Object.keys(spellings).filter((name) => warmRunners.some((runner) => runner === spellings[name])),
)})$`;

/** A runtime a pack needs: a runner, with or without a constraint of its version. */
export const runtimeForm = patternForm(
  'a runtime (shell, python, nodejs), with or without a version constraint such as python3>=3.8',
  new RegExp(`^(${anyCase})(?=$|[=<>~^])`),
);

export const runnerType: Shape<RunnerType> = {
  expected: 'a runner (shell, python, nodejs or native)',
  schema: () => ({ anyOf: [{ enum: Object.keys(spellings) }, { type: 'string', pattern: `^(${anyCase})$` }] }),
  read: (value, pointer, report) => {
    const runner = typeof value === 'string' ? runnerOf(value) : undefined;
    if (runner !== undefined) return runner;
    const meant = typeof value === 'string' ? suggestion(value, Object.keys(spellings)) : '';
    report(
      pointer,
      `"runner_type" must be shell, python, nodejs or native, not ${describe(value)}.${meant}`,
      'wrong_value',
    );
    return undefined;
  },
};

/** Prefix of an entry point that is a part of the worker itself; only the pack `core` may use it. */
export const builtinPrefix = 'builtin:';

/** The runtime of executions of built-ins: they run inside a worker and take none of its slots. */
export const builtinRuntime = 'builtin';

export const builtinNames = ['ask', 'echo', 'noop', 'sleep', 'emit_event'] as const;
export type BuiltinName = (typeof builtinNames)[number];

/** The entry point of an action that asks a person: no worker runs it. */
export const askEntryPoint = `${builtinPrefix}ask`;
