import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { searchOf } from './bundle.ts';
import { mutants } from './mutants.ts';

const folder = mkdtempSync(join(tmpdir(), 'attune-mutants-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** As many as `model.test.ts` plays from the same seed: each mutant would be caught there. */
const runs = 2_000;

test.each(mutants)(
  'a conductor is caught of which $name',
  async (mutant) => {
    const search = await searchOf(mutant, folder);
    expect(search(20_261_126, runs, 'first')).not.toBeNull();
  },
  180_000,
);
