import { join } from 'node:path';
import type { Attempt } from './attempt.ts';

/** The folder an attempt has to itself. */
export interface AttemptFolders {
  home: string;
  temporary: string;
}

export interface EnvironmentFacts {
  attempt: Attempt;
  folders: AttemptFolders;
  token: string;
  base: Readonly<Record<string, string>>;
  apiUrl: string | undefined;
  /** Set where parameters are delivered by file. */
  parameterFile: string | undefined;
}

/** What every action sees of its worker's environment: the search path, a language and a time zone that are the same on every
 *  host unless configured, and the names that the configuration allows through. */
export function baseEnvironment(
  own: Readonly<Record<string, string | undefined>>,
  allowed: readonly string[],
): Record<string, string> {
  const base: Record<string, string> = { PATH: own['PATH'] ?? '/usr/bin:/bin', LANG: 'C.UTF-8', TZ: 'UTC' };
  for (const name of allowed) {
    const value = own[name];
    if (value !== undefined) base[name] = value;
  }
  return base;
}

/** The whole environment of an action's process; nothing else is inherited. */
export function environmentOf({
  attempt,
  folders,
  token,
  base,
  apiUrl,
  parameterFile,
}: EnvironmentFacts): Record<string, string> {
  const { action } = attempt;
  return {
    ...base,
    ...(action.runner_type === 'python' ? { PYTHONPATH: join(attempt.pack_dir, 'lib') } : {}),
    HOME: folders.home,
    TMPDIR: folders.temporary,
    ATTUNE_EXEC_ID: attempt.execution,
    ATTUNE_ACTION: action.ref,
    ATTUNE_PACK_REF: attempt.pack_ref,
    ...(apiUrl === undefined ? {} : { ATTUNE_API_URL: apiUrl }),
    ATTUNE_PARAMETER_DELIVERY: action.parameter_delivery,
    ATTUNE_PARAMETER_FORMAT: action.parameter_format,
    ...(parameterFile === undefined ? {} : { ATTUNE_PARAMETER_FILE: parameterFile }),
    ...(attempt.rule_ref === null ? {} : { ATTUNE_RULE: attempt.rule_ref }),
    ...(attempt.trigger_ref === null ? {} : { ATTUNE_TRIGGER: attempt.trigger_ref }),
    ATTUNE_ATTEMPT: String(attempt.attempt),
    ATTUNE_ATTEMPT_TOKEN: token,
  };
}
