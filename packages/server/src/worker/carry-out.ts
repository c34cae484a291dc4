import { openSecrets, packOf, type ActionDefinition, type JsonObject } from '@attune/core';
import { executionLogs, packFiles, type Database, type Doorbell } from '@attune/db';
import { finish, handBack, type ClaimedExecution, type Outcome } from '@attune/engine';
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Attempt, AttemptDeps, RunnableAction } from './attempt.ts';
import { recordAttempt } from './former-self.ts';
import type { Held } from './held.ts';
import { packCache } from './pack-cache.ts';
import { persist } from './persist.ts';
import { notStarted } from './result.ts';
import { runAttempt } from './run.ts';
import { killProcesses } from './stop.ts';

export interface CarryOutDeps extends Pick<
  AttemptDeps,
  'interpreters' | 'pipes' | 'scratch' | 'baseEnvironment' | 'stopGraceSeconds'
> {
  db: Database;
  bell: Doorbell;
  log: Logger;
  /** Where running attempts are on record. */
  folder: string;
  /** Where packs are written to. */
  cache: string;
  apiUrl: () => Promise<string | undefined>;
  /** No new attempt is to start: the worker is stopping. */
  isStopping: () => boolean;
}

/** Makes what carries out claimed executions: the pack's files, the attempt, its log, its report. What it returns never rejects. */
export function carrierOf(deps: CarryOutDeps): (claimed: ClaimedExecution, held: Held) => Promise<void> {
  const { db, bell, log: parent } = deps;
  const load = (revision: string) => packFiles.filesOf(db, revision);
  const packs = packCache(deps.cache, load);

  return async (claimed, held) => {
    const log = parent.child({ execution: claimed.id });
    const lost = held.lost.signal;
    const keep = <T>(what: string, deed: () => Promise<T>): Promise<T> => persist(what, deed, log, lost);
    try {
      if (deps.isStopping()) {
        await keep('Handing back a claim', () => handBack(db, held.lease));
        return;
      }
      const outcome = await attemptOutcome(claimed, held);
      if (lost.aborted || held.isAbandoned) return;
      held.isReporting = true;
      const answer = await keep('Reporting an outcome', () => finish(db, { ...held.lease, outcome }));
      if (answer === 'refused') log.warn('The report came too late: somebody else has decided about this execution');
      bell.ring('execution', 'event', 'change');
    } catch (error) {
      // its lease is not renewed any more, so it is rescued like the work of a lost worker
      if (!lost.aborted) log.error({ err: error }, 'An execution had to be given up');
    }

    async function attemptOutcome(execution: ClaimedExecution, { cancelled }: Held): Promise<Outcome> {
      try {
        const pack_ref = packOf(execution.action_ref);
        const pack_dir = await keep('Reading a pack', () => packs.folderOf(pack_ref, execution.pack_revision));
        const parameters = openSecrets(execution.config ?? {}, db.vault);
        return await run(attemptOf(execution, parameters, pack_ref, pack_dir), cancelled.signal);
      } catch (error) {
        log.error({ err: error }, 'The worker could not run an action');
        return notStarted(
          `The worker could not run the action: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }

    async function run(attempt: Attempt, cancelled: AbortSignal): Promise<Outcome> {
      const token = randomUUID();
      const record = recordAttempt(deps.folder, `${attempt.execution}-${attempt.attempt}`, token);
      let pid: number | undefined;
      const endByForce = () => {
        if (pid !== undefined) killProcesses({ pid, token });
      };
      lost.addEventListener('abort', endByForce, { once: true });
      try {
        return await runAttempt(attempt, {
          ...deps,
          token,
          apiUrl: await deps.apiUrl(),
          signal: AbortSignal.any([cancelled, lost]),
          onSpawn: (started) => {
            pid = started;
            record.spawned(started);
            if (lost.aborted) endByForce();
          },
          append: (stream, byte_offset, content) =>
            keep('Writing a log', () =>
              executionLogs.append(db, { execution: attempt.execution, stream, byte_offset, content }),
            ).then(
              () => undefined,
              (error: unknown) => {
                if (!lost.aborted) log.error({ err: error, stream, byte_offset }, 'A piece of a log is lost');
              },
            ),
        });
      } finally {
        lost.removeEventListener('abort', endByForce);
        record.forget();
      }
    }
  };
}

function attemptOf(claimed: ClaimedExecution, parameters: JsonObject, pack_ref: string, pack_dir: string): Attempt {
  return {
    execution: claimed.id,
    attempt: claimed.attempt,
    action: runnable(claimed.definition as unknown as ActionDefinition),
    pack_ref,
    pack_dir,
    parameters,
    timeout_seconds: claimed.timeout_seconds,
    rule_ref: claimed.rule_ref,
    trigger_ref: claimed.trigger_ref,
  };
}

/** @throws Error where the definition is that of a workflow, which no worker is given. */
function runnable({ runner_type, entry_point, ...definition }: ActionDefinition): RunnableAction {
  if (runner_type === null || entry_point === null) throw new Error(`'${definition.ref}' has no program`);
  return { ...definition, runner_type, entry_point };
}
