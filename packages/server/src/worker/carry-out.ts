import { openSecrets, packOf, type ActionDefinition, type JsonObject } from '@attune/core';
import { breakPoint, executionLogs, packFiles, type Database, type LogPiece } from '@attune/db';
import { handBack, type ClaimedExecution, type Outcome } from '@attune/engine';
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Attempt, AttemptDeps, RunnableAction } from './attempt.ts';
import { isBuiltin } from './builtin.ts';
import type { Held } from './held.ts';
import { packCache } from './pack-cache.ts';
import { persist } from './persist.ts';
import type { Reporter } from './reporter.ts';
import { notStarted } from './result.ts';
import { runAttempt, runInside } from './run.ts';
import { killProcesses } from './stop.ts';
import { pieceLimit } from './stream.ts';

export interface CarryOutDeps extends Pick<
  AttemptDeps,
  'interpreters' | 'runners' | 'baseEnvironment' | 'stopGraceSeconds'
> {
  db: Database;
  reporter: Reporter;
  log: Logger;
  /** Where packs are written to. */
  cache: string;
  apiUrl: () => Promise<string | undefined>;
  /** No new attempt is to start: the worker is stopping. */
  isStopping: () => boolean;
}

/** Makes what carries out claimed executions: the pack's files, the attempt, its log, its report. What it returns never rejects. */
export function carrierOf(deps: CarryOutDeps): (claimed: ClaimedExecution, held: Held) => Promise<void> {
  const { db, reporter, log: parent } = deps;
  const load = (revision: string) => packFiles.filesOf(db, revision);
  const packs = packCache(deps.cache, load);

  return async (claimed, held) => {
    // made when there is something to say
    const log = () => parent.child({ execution: claimed.id });
    const { cancelled, lost } = held;
    const withExecution = (pieces: readonly LogPiece[]) => pieces.map((piece) => ({ ...piece, execution: claimed.id }));
    const keep = <T>(what: string, deed: () => Promise<T>): Promise<T> => persist(what, deed, log, lost);
    try {
      if (deps.isStopping()) {
        await keep('Handing back a claim', () => handBack(db, held.lease));
        return;
      }
      const pieces: LogPiece[] = [];
      const outcome = await attemptOutcome(claimed, pieces);
      if (lost.isAborted) return;
      if (held.isAbandoned) {
        // nobody reports it, but what it said is kept
        await keep('Writing a log', () => executionLogs.appendMany(db, withExecution(pieces)));
        return;
      }
      held.isReporting = true;
      const { revision, workflow_execution } = claimed;
      const report = { ...held.lease, outcome, log: pieces, claimed: { revision, workflow_execution } };
      const answer = await keep('Reporting an outcome', () => reporter.report(report));
      if (answer === 'refused') log().warn('The report came too late: somebody else has decided about this execution');
    } catch (error) {
      // its lease is not renewed any more, so it is rescued like the work of a lost worker
      if (!lost.isAborted) log().error({ err: error }, 'An execution had to be given up');
    }

    async function attemptOutcome(execution: ClaimedExecution, pieces: LogPiece[]): Promise<Outcome> {
      try {
        const pack_ref = packOf(execution.action_ref);
        const parameters = openSecrets(execution.config ?? {}, db.vault);
        const attempt = attemptOf(execution, parameters, pack_ref);
        if (isBuiltin(attempt)) return await inside(attempt, pieces);
        const pack_dir = await keep('Reading a pack', () => packs.folderOf(pack_ref, execution.pack_revision));
        return await run({ ...attempt, pack_dir }, pieces);
      } catch (error) {
        log().error({ err: error }, 'The worker could not run an action');
        return notStarted(
          `The worker could not run the action: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }

    /** A built-in needs no process, no files and no record: what it says travels with its end. */
    function inside(attempt: Attempt, pieces: LogPiece[]): Promise<Outcome> {
      return runInside(attempt, {
        get signal() {
          return AbortSignal.any([cancelled.signal, lost.signal]);
        },
        append(stream, byte_offset, content) {
          for (let at = 0; at < content.length; at += pieceLimit) {
            pieces.push({ stream, byte_offset: byte_offset + at, content: content.subarray(at, at + pieceLimit) });
          }
          return Promise.resolve();
        },
      });
    }

    async function run(attempt: Attempt, pieces: LogPiece[]): Promise<Outcome> {
      const token = randomUUID();
      let pid: number | undefined;
      const endByForce = () => {
        if (pid !== undefined) killProcesses({ pid, token });
      };
      lost.signal.addEventListener('abort', endByForce, { once: true });
      try {
        return await runAttempt(attempt, {
          ...deps,
          token,
          apiUrl: await deps.apiUrl(),
          signal: AbortSignal.any([cancelled.signal, lost.signal]),
          onSpawn: (started) => {
            pid = started;
            if (lost.isAborted) endByForce();
          },
          append: (stream, byte_offset, content, isLast) => {
            // the rest of a stream travels with the report
            if (isLast === true) return Promise.resolve(void pieces.push({ stream, byte_offset, content }));
            return keep('Writing a log', () =>
              executionLogs.append(db, { execution: attempt.execution, stream, byte_offset, content }),
            ).then(
              () => breakPoint('attempt.logged'),
              (error: unknown) => {
                if (!lost.isAborted) log().error({ err: error, stream, byte_offset }, 'A piece of a log is lost');
              },
            );
          },
        });
      } finally {
        lost.signal.removeEventListener('abort', endByForce);
      }
    }
  };
}

function attemptOf(claimed: ClaimedExecution, parameters: JsonObject, pack_ref: string): Attempt {
  return {
    execution: claimed.id,
    attempt: claimed.attempt,
    action: runnable(claimed.definition as unknown as ActionDefinition),
    pack_ref,
    pack_dir: '', // known once its files are read
    parameters,
    timeout_seconds: claimed.timeout_seconds,
    rule_ref: claimed.rule_ref,
    trigger_ref: claimed.trigger_ref,
  };
}

/** @throws Error where the definition is that of a workflow, which no worker is given. */
function runnable(definition: ActionDefinition): RunnableAction {
  if (definition.runner_type === null || definition.entry_point === null)
    throw new Error(`'${definition.ref}' has no program`);
  return definition as RunnableAction;
}
