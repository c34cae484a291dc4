import type { Command } from 'commander';

/** Commands that are the server's own. They are only described here: `runProgram` hands their arguments over as they are, before
 *  anything else reads them. */
export const handedOver: Readonly<
  Record<string, { args: (rest: readonly string[]) => string[]; usage: string; description: string }>
> = {
  db: {
    args: (rest) => ['db', ...rest],
    usage: 'migrate|rehearse|verify|status|rollback [--to VERSION] [--adopt] [--database-url URL]',
    description: 'Look after the database schema',
  },
  server: {
    args: (rest) => [...rest],
    usage: '[service...]',
    description: 'Run services in this process (default: all)',
  },
};

export function describeServerCommands(program: Command): void {
  for (const [name, { usage, description }] of Object.entries(handedOver)) {
    program.command(name).usage(usage).description(description).allowUnknownOption().argument('[args...]');
  }
}
