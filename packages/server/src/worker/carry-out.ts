import { openSecrets, packOf, type ActionDefinition, type JsonObject } from '@attune/core';
import { breakPoint, executionLogs, packFiles, type Database, type LogPiece } from '@attune/db';
import { handBack, type ClaimedExecution, type Outcome } from '@attune/engine';
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Attempt, AttemptDeps, RunnableAction, StreamName } from './attempt.ts';
import { isBuiltin, type BuiltinDeps } from './builtin.ts';
import type { Held } from './held.ts';
import { packCache, type PackCache } from './pack-cache.ts';
import { persist } from './persist.ts';
import type { Reporter } from './reporter.ts';
import { notStarted } from './result.ts';
import { runAttempt, runInside } from './run.ts';
import { killProcesses } from './stop.ts';
import { piecesOf } from './stream.ts';

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
  const packs = packCache(deps.cache, (revision) => packFiles.filesOf(deps.db, revision));
  return (claimed, held) => new Carrying(deps, packs, claimed, held).carryOut();
}

/** One claimed execution on its way to its report. Thousands a second are nothing but a built-in, so what only some need is made when they
 *  need it. */
class Carrying implements BuiltinDeps {
  readonly #deps: CarryOutDeps;
  readonly #packs: PackCache;
  readonly #claimed: ClaimedExecution;
  readonly #held: Held;
  /** What travels with the report. */
  readonly #pieces: LogPiece[] = [];

  constructor(deps: CarryOutDeps, packs: PackCache, claimed: ClaimedExecution, held: Held) {
    this.#deps = deps;
    this.#packs = packs;
    this.#claimed = claimed;
    this.#held = held;
  }

  async carryOut(): Promise<void> {
    const { db, reporter } = this.#deps;
    const held = this.#held;
    try {
      if (this.#deps.isStopping()) {
        await this.#keep('Handing back a claim', () => handBack(db, held.lease));
        return;
      }
      const outcome = await this.#outcome();
      if (held.lost.isAborted) return;
      if (held.isAbandoned) {
        // nobody reports it, but what it said is kept
        await this.#keep('Writing a log', () =>
          executionLogs.appendMany(
            db,
            this.#pieces.map((piece) => this.#ofExecution(piece)),
          ),
        );
        return;
      }
      held.isReporting = true;
      const { execution, lease_token } = held.lease;
      const { revision, workflow_execution } = this.#claimed;
      const report = { execution, lease_token, outcome, log: this.#pieces, claimed: { revision, workflow_execution } };
      const answer = await this.#keep('Reporting an outcome', () => reporter.report(report));
      if (answer === 'refused')
        this.#log().warn('The report came too late: somebody else has decided about this execution');
    } catch (error) {
      // its lease is not renewed any more, so it is rescued like the work of a lost worker
      if (!held.lost.isAborted) this.#log().error({ err: error }, 'An execution had to be given up');
    }
  }

  /** Aborted when the attempt is to stop before its end. */
  get signal(): AbortSignal {
    return AbortSignal.any([this.#held.cancelled.signal, this.#held.lost.signal]);
  }

  /** Keeps what is said until the report. */
  append(stream: StreamName, byte_offset: number, content: Buffer): Promise<void> {
    this.#pieces.push(...piecesOf(stream, byte_offset, content));
    return Promise.resolve();
  }

  #log(): Logger {
    return this.#deps.log.child({ execution: this.#claimed.id });
  }

  #keep<T>(what: string, deed: () => Promise<T>): Promise<T> {
    return persist(what, deed, () => this.#log(), this.#held.lost);
  }

  #ofExecution(piece: LogPiece): LogPiece & { execution: string } {
    return { ...piece, execution: this.#claimed.id };
  }

  async #outcome(): Promise<Outcome> {
    const claimed = this.#claimed;
    try {
      const pack_ref = packOf(claimed.action_ref);
      const parameters = openSecrets(claimed.config ?? {}, this.#deps.db.vault);
      const attempt = attemptOf(claimed, parameters, pack_ref);
      // a built-in needs no process, no files and no record
      if (isBuiltin(attempt)) return await runInside(attempt, this);
      const pack_dir = await this.#keep('Reading a pack', () => this.#packs.folderOf(pack_ref, claimed.pack_revision));
      return await this.#run({ ...attempt, pack_dir });
    } catch (error) {
      this.#log().error({ err: error }, 'The worker could not run an action');
      return notStarted(
        `The worker could not run the action: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  async #run(attempt: Attempt): Promise<Outcome> {
    const { lost } = this.#held;
    const token = randomUUID();
    let pid: number | undefined;
    const endByForce = () => {
      if (pid !== undefined) killProcesses({ pid, token });
    };
    lost.signal.addEventListener('abort', endByForce, { once: true });
    try {
      return await runAttempt(attempt, {
        ...this.#deps,
        token,
        apiUrl: await this.#deps.apiUrl(),
        signal: this.signal,
        onSpawn: (started) => {
          pid = started;
          if (lost.isAborted) endByForce();
        },
        // the rest of a stream travels with the report
        append: (stream, byte_offset, content, isLast) =>
          isLast === true ? this.append(stream, byte_offset, content) : this.#write({ stream, byte_offset, content }),
      });
    } finally {
      lost.signal.removeEventListener('abort', endByForce);
    }
  }

  async #write(piece: LogPiece): Promise<void> {
    try {
      await this.#keep('Writing a log', () => executionLogs.append(this.#deps.db, this.#ofExecution(piece)));
      breakPoint('attempt.logged');
    } catch (error) {
      const { stream, byte_offset } = piece;
      if (!this.#held.lost.isAborted)
        this.#log().error({ err: error, stream, byte_offset }, 'A piece of a log is lost');
    }
  }
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
