import type { KeySummary } from '@attune/client';
import type { Command } from 'commander';
import { connect } from '../../connection/api.ts';
import { given } from '../../connection/given.ts';
import { firstRows } from '../../connection/pages.ts';
import { withLimit, type ListOptions } from '../../input/list-options.ts';
import { formatInstant } from '../../output/instant.ts';
import { showList } from '../../output/list.ts';
import type { Column } from '../../output/table.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';
import { readOwner } from './owner.ts';

interface Options extends ListOptions {
  owner?: string;
  name?: string;
}

const columns: Column<KeySummary>[] = [
  { name: 'name', text: (key) => key.name },
  { name: 'owner', text: (key) => (key.owner_ref === null ? key.owner_type : `${key.owner_type}:${key.owner_ref}`) },
  { name: 'encrypted', text: (key) => (key.encrypted ? 'yes' : 'no') },
  { name: 'updated', text: (key) => formatInstant(key.updated) },
];

export function keyListCommand(key: Command, cli: Cli): void {
  const command = withLimit(key.command('list').description('List keys, without their values'))
    .option('--owner <owner>', 'only those of one: system, pack:REF, action:REF, identity:LOGIN, or me')
    .option('--name <name>', 'only those of this name')
    .action(
      cli.action(async (run, options: Options) => {
        const { client } = await connect(run);
        const { owner_type, owner } = options.owner === undefined ? {} : readOwner(options.owner);
        const login = owner_type === 'identity' && owner === 'me' ? (await client.whoami()).data.login : owner;
        const filters = given({ owner_type, owner: login, name: options.name });
        const found = await firstRows(options.limit, (page) => client.listKeys({ query: { ...filters, ...page } }));
        await showList(run, found, columns);
        return 0;
      }),
    );
  withExamples(command, 'attune key list', 'attune key list --owner pack:github');
}
