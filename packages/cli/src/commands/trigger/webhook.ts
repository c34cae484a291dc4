import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { formatRecord } from '../../output/record.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

interface Options {
  rotate?: true;
}

export function triggerWebhookCommand(trigger: Command, cli: Cli): void {
  const command = trigger
    .command('webhook')
    .description('Show where a provider sends to; its secret too, to an administrator, which is audited')
    .argument('<ref>', 'ref of the trigger')
    .option('--rotate', 'make a new address and a new secret; the old ones are refused from then on')
    .action(
      cli.action(async (run, ref: string, options: Options) => {
        const { client } = await connect(run);
        const input = { path: { ref } };
        const { data: found } =
          options.rotate === true ? await client.rotateTriggerWebhook(input) : await client.getTriggerWebhook(input);
        await run.show(found, () =>
          formatRecord(
            [
              ['trigger_ref', found.trigger_ref],
              ['url', found.url ?? '(the address alone opens this webhook; you may not see it)'],
              ['secret', found.secret ?? (found.hmac === null ? null : '(you may not see it)')],
              ['signature', signatureText(found.hmac)],
              ['dedup_header', found.dedup_header],
            ],
            run.paint,
          ),
        );
        return 0;
      }),
    );
  withExamples(command, 'attune trigger webhook github.push', 'attune trigger webhook github.push --rotate');
}

const signatureText = (hmac: { header: string; algorithm: string; prefix: string } | null): string =>
  hmac === null
    ? 'none needed'
    : `header ${hmac.header}: ${hmac.prefix}HMAC-${hmac.algorithm.toUpperCase()} of the body in hex`;
