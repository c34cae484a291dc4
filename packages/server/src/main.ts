import { AttuneError, formatProblem } from '@attune/core';
import type { ServiceName } from '@attune/db';
import { serviceNames, startServer, type RunningServer } from './process.ts';
import { version } from './version.ts';

const usage = `Usage: attune-server [service...]        run services in this process (default: all)
       attune-server db COMMAND         migrate, rehearse, verify, status or rollback; db --help says more
       attune-server --help | --version

Services: ${serviceNames.join(', ')}
Settings are environment variables; docs/configuration.md lists them all.`;

/** The command `attune-server`. Resolves with the exit code once everything has stopped. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    if (args[0] === 'db') {
      const { runDbCommand } = await import('./db-command.ts');
      return await runDbCommand(args.slice(1), process.env);
    }
    if (args.includes('--help') || args.includes('-h')) return print(usage);
    if (args.includes('--version')) return print(version);
    return await serve(servicesOf(args));
  } catch (error) {
    return report(error);
  }
}

function servicesOf(args: readonly string[]): ServiceName[] {
  if (args.length === 0) return [...serviceNames];
  return args.map((arg) => {
    const service = serviceNames.find((name) => name === arg);
    if (service === undefined) {
      throw new AttuneError(
        'bad_request',
        `There is no service '${arg}'; expected ${serviceNames.join(', ')}\n\n${usage}`,
      );
    }
    return service;
  });
}

/** Starts the services and stops them on SIGINT or SIGTERM; a second signal ends the process at once. */
async function serve(services: readonly ServiceName[]): Promise<number> {
  const stopping = new Promise<void>((resolve) => {
    let asked = false;
    const ask = () => {
      if (asked) process.exit(1);
      asked = true;
      resolve();
    };
    process.on('SIGINT', ask);
    process.on('SIGTERM', ask);
  });
  const server = await startServer(services, process.env);
  greet(server, services);
  await stopping;
  console.log('Stopping ...');
  await server.stop();
  console.log('Stopped. All data is kept; the next start finds it.');
  return 0;
}

function greet(server: RunningServer, services: readonly ServiceName[]): void {
  if (server.url === undefined) {
    console.log(`Attune ${version}: ${services.join(', ')} ready.`);
    return;
  }
  const lines = [`Attune ${version} is ready at ${server.url}`, ''];
  if (server.firstPassword !== undefined) {
    lines.push(`  Login:      admin`, `  Password:   ${server.firstPassword}   (shown only this once)`, '');
  }
  lines.push(
    `  API pages:  ${server.url}/docs`,
    `  Data:       ${server.home}`,
    '',
    'Try it from another terminal, in this folder:',
    '  npx attune action execute core.echo --param message=hello --wait',
    '',
    'Ctrl-C stops everything.',
  );
  for (const runtime of server.missingRuntimes) {
    lines.push(`Note: ${runtime} was not found on this machine; actions that need it wait until a worker has it.`);
  }
  console.log(lines.join('\n'));
}

function print(text: string): number {
  console.log(text);
  return 0;
}

function report(error: unknown): number {
  if (!(error instanceof AttuneError)) {
    console.error(error);
    return 70;
  }
  console.error(`attune-server: ${error.message}`);
  for (const problem of error.details) console.error(`  ${formatProblem(problem)}`);
  return error.exit;
}
