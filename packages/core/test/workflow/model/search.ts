import fc from 'fast-check';
import { playBoth } from './agree.ts';
import { fileOf } from './file.ts';
import { randomFates, randomWorkflow } from './random.ts';

/** Looks for a workflow about which the conductor and the model disagree.
 *  @param seed repeats a search
 *  @param runs how many workflows to play
 *  @param how `first` ends with whatever is found first, without looking for something smaller
 *  @returns what was found, as a file, with what happened in it; null if there is none. */
export function search(seed: number, runs: number, how: 'smallest' | 'first' = 'smallest'): string | null {
  const found = fc.check(
    fc.property(randomWorkflow(8), randomFates, (definition, fates) => void playBoth(definition, fates)),
    { seed, numRuns: runs, endOnFailure: how === 'first' },
  );
  if (!found.failed || found.counterexample === null) return null;
  const [definition, fates] = found.counterexample;
  const ends = fates.map(({ pick, outcome, n, again, twice, gone }) => {
    const more = [again ? 'retries first' : '', twice ? 'told twice' : '', gone ? 'its action is gone' : ''].filter(
      (word) => word !== '',
    );
    return `  ${outcome} {n: ${n}}, pick ${pick}${more.length > 0 ? ` (${more.join(', ')})` : ''}`;
  });
  const why = found.errorInstance instanceof Error ? found.errorInstance.message : String(found.errorInstance);
  return `Seed ${seed}. This workflow shows it:\n\n${fileOf(definition)}\nHow its tasks end, over and over:\n${ends.join('\n')}\n\n${why}`;
}
