import { runTest, type TestOutcome } from '@attune/core';
import type { Command } from 'commander';
import { join } from 'node:path';
import { exits } from '../../exit.ts';
import { collect } from '../../input/pairs.ts';
import { formatTests } from '../../output/test-outcome.ts';
import type { Cli } from '../../run.ts';
import { openPack } from '../../simulate/actions-of-folder.ts';
import { withExamples } from '../help.ts';

interface Options {
  filter?: string;
  pack?: string[];
}

export function workflowTestCommand(workflow: Command, cli: Cli): void {
  const command = workflow
    .command('test')
    .description(
      "Run the tests of a pack's workflows, tests/*.test.yaml, without a server; exit code 1 where one fails",
    )
    .argument('<folder>', 'folder that holds pack.yaml')
    .option('--pack <folder>', 'another pack that this one refers to (repeat); core is at hand', collect)
    .option('--filter <text>', 'only cases with this text in their name, file or workflow')
    .action(
      cli.action(async (run, folder: string, options: Options) => {
        const { actions, tests } = await openPack(run.terminal, folder, options.pack ?? []);
        const outcomes = tests.files.flatMap(({ document, tests: cases }) =>
          cases
            .filter((one) => isWanted(options.filter, [one.name, document.file, one.workflow.value]))
            .map((one) => fromHere(folder, runTest(document, one, actions))),
        );
        const failed = outcomes.filter(({ passed }) => !passed).length;
        const summary = { passed: outcomes.length - failed, failed, cases: outcomes };
        await run.show(summary, () => textOf(outcomes, run.paint, folder));
        return failed === 0 ? exits.done : exits.notCompleted;
      }),
    );
  withExamples(
    command,
    'attune workflow test packs/examples/github',
    'attune workflow test packs/examples/github --filter mirror -o json',
  );
}

/** As compilers do: paths that editors and terminals can follow from where they are. */
const fromHere = (folder: string, outcome: TestOutcome): TestOutcome => ({
  ...outcome,
  file: join(folder, outcome.file),
  failures: outcome.failures.map((failure) => ({ ...failure, file: join(folder, failure.file) })),
});

const isWanted = (filter: string | undefined, texts: readonly string[]): boolean =>
  filter === undefined || texts.some((text) => text.includes(filter));

const textOf = (outcomes: readonly TestOutcome[], paint: Parameters<typeof formatTests>[1], folder: string): string =>
  outcomes.length === 0
    ? `No tests: ${folder} has no case in tests/*.test.yaml that fits`
    : formatTests(outcomes, paint);
