import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { idHelp, inquiryId } from '../../connection/latest.ts';
import { formatInquiry } from '../../output/inquiry.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

export function inquiryShowCommand(inquiry: Command, cli: Cli): void {
  const command = inquiry
    .command('show')
    .description('Show what is asked, what the answer must look like, and the answer')
    .argument('<id>', idHelp)
    .action(
      cli.action(async (run, given: string) => {
        const { client } = await connect(run);
        const found = (await client.getInquiry({ path: { id: await inquiryId(client, given) } })).data;
        await run.show(found, () => formatInquiry(found, run.paint));
        return 0;
      }),
    );
  withExamples(command, 'attune inquiry show latest');
}
