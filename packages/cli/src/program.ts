import { Command, Option } from 'commander';
import { actionCommands } from './commands/action/action.ts';
import { authCommands } from './commands/auth/auth.ts';
import { enforcementCommands } from './commands/enforcement/enforcement.ts';
import { eventCommands } from './commands/event/event.ts';
import { executionCommands } from './commands/execution/execution.ts';
import { inquiryCommands } from './commands/inquiry/inquiry.ts';
import { keyCommands } from './commands/key/key.ts';
import { packCommands } from './commands/pack/pack.ts';
import { ruleCommands } from './commands/rule/rule.ts';
import { triggerCommands } from './commands/trigger/trigger.ts';
import { webhookCommands } from './commands/webhook/webhook.ts';
import { workflowCommands } from './commands/workflow/workflow.ts';
import { withExamples } from './commands/help.ts';
import { describeServerCommands, handedOver } from './commands/server.ts';
import { exits } from './exit.ts';
import { outputFormats } from './output/render.ts';
import { report } from './report.ts';
import { cliOf, type Cli } from './run.ts';
import { runServerBinary } from './server-binary.ts';
import type { Terminal } from './terminal.ts';
import { version } from './version.ts';

const groups = [
  packCommands,
  actionCommands,
  workflowCommands,
  triggerCommands,
  ruleCommands,
  eventCommands,
  enforcementCommands,
  executionCommands,
  inquiryCommands,
  webhookCommands,
  keyCommands,
  authCommands,
];

/** Runs one command line. Resolves with the exit code; errors have been shown. */
export async function runProgram(terminal: Terminal, args: readonly string[]): Promise<number> {
  const [first = '', ...rest] = args;
  try {
    if (Object.hasOwn(handedOver, first)) return await runServerBinary(terminal, handedOver[first]?.args(rest) ?? []);
    let exit: number = exits.done;
    const program = programOf(cliOf(terminal, (code) => (exit = code)));
    await program.parseAsync(args, { from: 'user' });
    return exit;
  } catch (error) {
    return report(terminal, error, args.includes('-v') || args.includes('--verbose'));
  }
}

/** The whole command tree. */
export function programOf(cli: Cli): Command {
  const { terminal } = cli;
  const program = new Command('attune')
    .description('Event-driven automation: packs, actions, events, rules, executions')
    .version(version, '--version', 'show the version')
    .helpOption('-h, --help', 'show help, with examples')
    .helpCommand('help [command]', 'show help for a command')
    .configureHelp({
      showGlobalOptions: true,
      ...(terminal.stdout.columns ? { helpWidth: terminal.stdout.columns } : {}),
    })
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError("'--help' shows what is possible.")
    .exitOverride()
    .addOption(
      new Option('-o, --output <format>', 'how to show results').choices(outputFormats).conflicts(['json', 'yaml']),
    )
    .addOption(new Option('-j, --json', 'the same as --output json').conflicts(['yaml', 'output']))
    .addOption(new Option('-y, --yaml', 'the same as --output yaml').conflicts(['json', 'output']))
    .option('--api-url <url>', 'the server (else ATTUNE_API_URL, a profile, or the local server)')
    .option('-p, --profile <name>', 'the saved login to use (else ATTUNE_PROFILE)')
    .option('-v, --verbose', 'show where an error comes from');
  for (const add of groups) add(program, cli);
  describeServerCommands(program);
  return withExamples(
    program,
    'attune action execute core.echo --param message=hello --wait',
    'attune webhook send github.push --file push.json --header x-github-event=push --wait',
    'attune execution tree latest',
    'attune event show latest',
  );
}
