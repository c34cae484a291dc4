import { isFinal, type Id } from '@attune/core';
import { between, formatDuration } from '../output/duration.ts';
import { liveBlock } from '../output/live-block.ts';
import { paintFor, type Paint } from '../output/paint.ts';
import { safeLine } from '../output/safe-text.ts';
import { paintStatus, statusMark } from '../output/status.ts';
import { taskName } from '../output/task-name.ts';
import { waitingText } from '../output/waiting.ts';
import type { Terminal } from '../terminal.ts';
import { childrenByParent } from './children.ts';
import type { SeenExecution } from './reader.ts';
import { spinner } from './spinner.ts';
import type { LogLine } from './task-logs.ts';
import type { Watcher } from './watch.ts';

/** Log lines that are kept below a task while it runs. */
const keptLines = 4;
/** Time between two drawings, in milliseconds: how fast the spinner turns. */
const frameMs = 100;

/** A list of tasks drawn in place, each with its status, how long it takes, and the last lines of its logs while it runs. */
export function liveWatcher(terminal: Terminal, now: () => number): Watcher {
  const block = liveBlock(terminal.stderr);
  const paint = paintFor(terminal.stderr, terminal.env);
  const since = new Map<Id, number>();
  const logs = new Map<Id, string[]>();
  let executions: readonly SeenExecution[] = [];
  let frame = 0;

  const draw = () =>
    block.draw(liveLines(executions, { paint, logs, frame, elapsed: (id) => now() - (since.get(id) ?? now()) }));
  const timer = setInterval(() => {
    frame += 1;
    draw();
  }, frameMs);

  return {
    look(seen, lines) {
      executions = seen;
      // measured here from the first sight on: this machine's clock may differ from the database's
      for (const one of seen) if (one.started_at !== null && !since.has(one.id)) since.set(one.id, now());
      for (const line of lines) keep(logs, line);
      draw();
    },
    end() {
      clearInterval(timer);
      // the list stays as the record of what happened, without the logs
      block.clear();
      const last = liveLines(executions, { paint, logs: new Map(), frame, elapsed: () => 0 });
      if (last.length > 0) terminal.stderr.write(`${last.join('\n')}\n`);
    },
  };
}

function keep(logs: Map<Id, string[]>, { execution, text }: LogLine): void {
  const before = logs.get(execution.id) ?? [];
  logs.set(execution.id, [...before, safeLine(text)].slice(-keptLines));
}

interface Picture {
  paint: Paint;
  logs: ReadonlyMap<Id, readonly string[]>;
  frame: number;
  /** Milliseconds since a running one was first seen to run. */
  elapsed: (id: Id) => number;
}

/** The lines of the list; what is below another is indented. */
export function liveLines(executions: readonly SeenExecution[], picture: Picture): string[] {
  const children = childrenByParent(executions);
  const ids = new Set(executions.map((one) => one.id));
  const roots = executions.filter((one) => one.parent === null || !ids.has(one.parent));
  const linesOf = (execution: SeenExecution, depth: number): string[] => [
    ...linesOfOne(execution, '  '.repeat(depth), picture),
    ...(children.get(execution.id) ?? []).flatMap((child) => linesOf(child, depth + 1)),
  ];
  return roots.flatMap((root) => linesOf(root, 0));
}

function linesOfOne(execution: SeenExecution, indent: string, { paint, logs, frame, elapsed }: Picture): string[] {
  const isRunning = execution.status === 'running' || execution.status === 'canceling';
  const mark = isRunning ? paint.cyan(spinner(frame)) : statusMark(execution.status, paint);
  const ms = isRunning ? elapsed(execution.id) : between(execution.started_at, execution.completed_at);
  const time = ms === undefined ? '' : paint.dim(` ${formatDuration(ms)}`);
  const waiting = waitingText(execution);
  const standing = `${paintStatus(execution.status, paint)}${waiting === undefined ? '' : `, ${waiting}`}`;
  const line = `${indent}${mark} ${safeLine(taskName(execution))} ${standing}${time}`;
  const below = isFinal(execution.status) ? [] : (logs.get(execution.id) ?? []);
  return [line, ...below.map((text) => `${indent}    ${paint.dim(text)}`)];
}
