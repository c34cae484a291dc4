import type { TaskExplanation } from '@attune/client';
import { notReusedReasons, type NotReused } from '@attune/core';
import type { Paint } from './paint.ts';
import { safeLine } from './safe-text.ts';

/** What a re-run took over so far and what it runs anew, and why: a line for each task that did either. */
export function rerunLines(tasks: readonly TaskExplanation[], paint: Paint): string[] {
  return tasks.flatMap((task) => {
    const attempts = task.runs.flatMap((run) => run.attempts).filter((attempt) => attempt.attempt === 1);
    const isSingle = attempts.length === 1;
    const sources = attempts.flatMap((attempt) => attempt.reused_from ?? []);
    const taken =
      sources.length === 0
        ? []
        : [`${paint.green('=')} ${safeLine(task.task)}  ${takenText(sources, attempts.length)}`];
    const reasons = new Map<NotReused, number>();
    for (const { not_reused } of attempts)
      if (not_reused !== null) reasons.set(not_reused, (reasons.get(not_reused) ?? 0) + 1);
    const anew = [...reasons].map(
      ([reason, count]) =>
        `${paint.cyan('↻')} ${safeLine(task.task)}  ${isSingle ? 'runs anew' : `${count} of ${attempts.length} run anew`} (${reason}): ${notReusedReasons[reason]}`,
    );
    return [...taken, ...anew];
  });
}

const takenText = (sources: readonly string[], all: number): string =>
  all === 1 ? `taken over from execution ${sources[0] ?? ''}` : `${sources.length} of ${all} taken over`;
