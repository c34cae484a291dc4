import { fileKindNames, fileKinds, fileSchema, stringifyJson, type FileKindName } from '@attune/core';
import { Argument, type Command } from 'commander';
import { formatTable, type Column } from '../../output/table.ts';
import type { Cli } from '../../run.ts';
import { withExamples } from '../help.ts';

const columns: Column<{ kind: string; files: string }>[] = [
  { name: 'kind', text: ({ kind }) => kind },
  { name: 'files', text: ({ files }) => files },
];

export function packSchemaCommand(pack: Command, cli: Cli): void {
  const command = pack
    .command('schema')
    .description('Print the JSON Schema of a kind of file in a pack, for editors; without a kind, list them')
    .addArgument(new Argument('[kind]', `kind of file: ${fileKindNames.join(', ')}`).choices(fileKindNames))
    .action(
      cli.action(async (run, kind: FileKindName | undefined) => {
        if (kind === undefined) {
          const kinds = fileKindNames.map((name) => ({ kind: name, files: fileKinds[name].files }));
          await run.show(kinds, () => formatTable(columns, kinds, run));
          return 0;
        }
        const schema = fileSchema(kind);
        await run.show(schema, () => stringifyJson(schema, 2));
        return 0;
      }),
    );
  withExamples(command, 'attune pack schema', 'attune pack schema action', 'attune pack schema workflow');
}
