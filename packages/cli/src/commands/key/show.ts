import type { Key } from '@attune/client';
import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { formatInstant } from '../../output/instant.ts';
import type { Paint } from '../../output/paint.ts';
import { formatRecord } from '../../output/record.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';
import { readOwner, theKey, withOwner, type OwnerOptions } from './owner.ts';

interface Options extends OwnerOptions {
  decrypt?: true;
}

export function keyShowCommand(key: Command, cli: Cli): void {
  const command = withOwner(
    key.command('show').description('Show a key').argument('<name>', 'what expressions call it'),
  )
    .option('--decrypt', 'also its value where that is encrypted, which needs permission and is audited')
    .action(
      cli.action(async (run, name: string, options: Options) => {
        const { client } = await connect(run);
        const { ref } = await theKey(client, name, readOwner(options.owner));
        const decrypt = options.decrypt === true;
        const found = (await client.getKey({ path: { ref }, query: { decrypt } })).data;
        await run.show(found, () => formatKey(found, decrypt, run.paint));
        return 0;
      }),
    );
  withExamples(
    command,
    'attune key show api_key --owner pack:github',
    'attune key show api_key --owner pack:github --decrypt',
  );
}

const formatKey = (key: Key, isDecrypted: boolean, paint: Paint): string =>
  formatRecord(
    [
      ['name', key.name],
      ['owner', key.owner_ref === null ? key.owner_type : `${key.owner_type}:${key.owner_ref}`],
      ['ref', key.ref],
      ['encrypted', key.encrypted ? 'yes' : 'no'],
      ['created', formatInstant(key.created)],
      ['updated', formatInstant(key.updated)],
      ['value', key.encrypted && !isDecrypted ? '(--decrypt shows it)' : key.value],
    ],
    paint,
  );
