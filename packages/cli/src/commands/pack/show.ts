import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { formatInstant } from '../../output/instant.ts';
import { formatRecord } from '../../output/record.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

export function packShowCommand(pack: Command, cli: Cli): void {
  const command = pack
    .command('show')
    .description('Show a pack')
    .argument('<ref>', 'ref of the pack')
    .action(
      cli.action(async (run, ref: string) => {
        const { client } = await connect(run);
        const found = (await client.getPack({ path: { ref } })).data;
        await run.show(found, () =>
          formatRecord(
            [
              ['ref', found.ref],
              ['label', found.label],
              ['version', found.version],
              ['description', found.description],
              ['tags', found.tags.join(', ')],
              ['revision', found.revision],
              ['source_path', found.source_path],
              ['updated', formatInstant(found.updated)],
              ['conf_schema', found.conf_schema],
              ['config', found.config],
            ],
            run.paint,
          ),
        );
        return 0;
      }),
    );
  withExamples(command, 'attune pack show core');
}
