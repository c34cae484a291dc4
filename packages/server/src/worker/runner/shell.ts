import type { Interpreter } from '../interpreters.ts';
import type { Program } from '../spawn.ts';
import { runnerScript, runnerTokenVariable } from './helper.ts';
import { openPrestarted, type Prestarted, type PrestartedOptions } from './prestarted.ts';

/** Keeps shells that wait, each to be replaced by the shell that runs an action's script: see runners/prestarted.sh. A worker holds much
 *  memory, so that to start a process from it takes longer than many a script.
 *  @param options.sh any POSIX shell */
export function openWaitingShells({ sh, ...options }: PrestartedOptions & { sh: Interpreter }): Prestarted<Program> {
  return openPrestarted(
    {
      command: { path: sh.path, args: [...sh.args, runnerScript('prestarted.sh')] },
      env: {},
      hasFile: true,
      fits: ({ env }) => Object.keys(env).every(isOrdinary),
      orders: (program) => ({ line: '', file: becoming(program) }),
    },
    options,
  );
}

/** What a shell of its own sets, counts or forbids to set: it could not hand these on as it got them. */
const special =
  /^(_|PPID|UID|EUID|GROUPS|SHLVL|LINENO|RANDOM|SECONDS|OPTIND|(BASH|DIRSTACK|FUNCNAME|HIST|SHELLOPTS|KSH|ZSH).*)$/;

const isOrdinary = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !special.test(name);

/** The shell's own words that make it this program. Nothing of them is an argument that other users of the host could see. */
function becoming({ command, cwd, env }: Program): string {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${quoted(value)}`);
  const forgotten = ['PWD', 'OLDPWD', runnerTokenVariable].filter((name) => !(name in env));
  return [
    `cd ${quoted(cwd)} || exit`,
    `unset ${forgotten.join(' ')}`,
    `export ${variables.join(' ')}`,
    `exec ${[command.path, ...command.args].map(quoted).join(' ')} 3<&- 4<&-`,
    '',
  ].join('\n');
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
