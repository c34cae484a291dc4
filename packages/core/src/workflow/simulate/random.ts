import type { Outcome } from '../conductor/step.ts';
import { randomFrom, type Random } from './random-number.ts';
import { randomOutput } from './random-value.ts';
import { actionResult, type AttemptName, type ResultSource } from './source.ts';

/** Of a hundred attempts, how many end how. */
const outcomes: readonly (readonly [Outcome, number])[] = [
  ['succeeded', 80],
  ['failed', 12],
  ['timed_out', 5],
  ['abandoned', 3],
];

/** Longest a random attempt takes, in seconds. */
const longest = 60;

/** Random outcomes, outputs and durations, and so a random order of finishing. All of them follow from the seed and the attempt's name
 *  alone: what one attempt does changes nothing about another, and the same seed plays the same run again. Outputs are drawn from
 *  the action's output schema, where it has one. Nested workflows are simulated, too. */
export function randomResults(seed: number): ResultSource {
  const below = (path: string): ResultSource => ({
    endingOf: (attempt) => {
      if (attempt.action.workflow !== null) return undefined;
      const random = randomFrom(`${path}/${keyOf(attempt)}`);
      const outcome = drawOutcome(random);
      const duration_seconds = Math.round(random() * longest * 10) / 10;
      const isFailure = outcome !== 'succeeded';
      const data = isFailure ? undefined : randomOutput(attempt.action.output ?? {}, random);
      return { outcome, result: actionResult(outcome, data), duration_seconds, from: 'random' };
    },
    within: (attempt) => below(`${path}/${keyOf(attempt)}`),
  });
  return below(String(seed));
}

const keyOf = ({ task, visit, attempt, item }: AttemptName): string => `${task}#${visit}.${attempt}.${item ?? ''}`;

function drawOutcome(random: Random): Outcome {
  let left = random() * 100;
  for (const [outcome, share] of outcomes) {
    left -= share;
    if (left < 0) return outcome;
  }
  return 'succeeded';
}
