import {
  attemptPath,
  AttuneError,
  packOf,
  pathText,
  randomResults,
  simulate,
  type JsonObject,
  type PackSettings,
  type Problem,
  type Simulation,
} from '@attune/core';
import { Option, type Command } from 'commander';
import { exits } from '../../exit.ts';
import { wholeNumber } from '../../input/number.ts';
import { collect } from '../../input/pairs.ts';
import { readParams } from '../../input/params.ts';
import { departureLines, formatSimulation } from '../../output/simulation.ts';
import type { Cli, Run } from '../../run.ts';
import { placeText, readResultsFile } from '../../simulate/results.ts';
import { findSubject, type Recorded } from '../../simulate/subject.ts';
import { withExamples } from '../help.ts';

interface Options {
  dir?: string;
  pack?: string[];
  param?: string[];
  paramsJson?: string;
  config?: string[];
  keystore?: string[];
  results?: string;
  fromExecution?: string;
  seed?: number;
  strict?: true;
}

export function workflowSimulateCommand(workflow: Command, cli: Cli): void {
  const command = workflow
    .command('simulate')
    .description(
      'Run a workflow without running any action: the decisions of the engine, why each was made, and what comes of them',
    )
    .argument('[ref]', 'ref of the workflow; with --from-execution it may be left out: the definition that the run had')
    .option('--dir <folder>', 'a workflow of the pack in this folder, without a server')
    .option('--pack <folder>', 'with --dir, another pack that this one refers to (repeat); core is at hand', collect)
    .option(
      '--param <name=value>',
      'one parameter: JSON where it parses, else text; @FILE reads a file (repeat)',
      collect,
    )
    .option('--params-json <json>', 'all parameters as a JSON object; @FILE reads a file, - standard input')
    .option('--config <name=value>', "one value of the pack's configuration (repeat)", collect)
    .option('--keystore <name=value>', 'one key (repeat)', collect)
    .option('--results <file>', 'how attempts end, YAML or JSON; - reads standard input')
    .option('--from-execution <id>', "as in an earlier run, whose results and order are followed; or 'latest'")
    .addOption(new Option('--seed <number>', 'random results for all that is not given').argParser(wholeNumber(0)))
    .option('--strict', 'fail where an attempt has no result, instead of letting it succeed with an empty output')
    .action(cli.action((run, ref: string | undefined, options: Options) => simulateWorkflow(run, ref, options)));
  withExamples(
    command,
    'attune workflow simulate github.process_push --dir packs/examples/github --param push=@push.json --seed 7',
    'attune workflow simulate github.process_push --param push=@push.json --results results.yaml',
    'attune workflow simulate --from-execution latest',
    'attune workflow simulate github.process_push --from-execution latest -o json',
  );
}

async function simulateWorkflow(run: Run, ref: string | undefined, options: Options): Promise<number> {
  const subject = await findSubject(run, ref, {
    dir: options.dir,
    packs: options.pack ?? [],
    fromExecution: options.fromExecution,
  });
  const { recorded, actions } = subject;
  const workflow = actions(subject.ref)?.workflow ?? null;
  if (workflow === null) throw new AttuneError('unknown_ref', `There is no workflow '${subject.ref}'`);

  const given = await readParams(run.terminal, {
    param: options.param,
    whole: options.paramsJson,
    wholeOption: '--params-json',
  });
  refuseMasked(recorded, given);
  const config = await readParams(run.terminal, { param: options.config, wholeOption: '--config', option: '--config' });
  const keystore = await readParams(run.terminal, {
    param: options.keystore,
    wholeOption: '--keystore',
    option: '--keystore',
  });
  const results =
    options.results === undefined ? undefined : await readResultsFile(run.terminal, options.results, workflow, actions);
  const simulation = simulate({
    ref: subject.ref,
    actions,
    parameters: { ...recorded?.parameters.known, ...given },
    settings: (pack) =>
      pack === packOf(subject.ref) ? withConfig(subject.settings(pack), config) : subject.settings(pack),
    keystore,
    ...(results === undefined ? {} : { source: results.source }),
    ...(recorded === undefined ? {} : { record: recorded.record }),
    ...(options.seed === undefined ? {} : { otherwise: randomResults(options.seed) }),
    ...(recorded?.workflow_start == null ? {} : { workflow_start: recorded.workflow_start }),
  });
  if (options.strict === true) refuseAssumed(simulation);
  const unused = results?.unused() ?? [];
  const shown = { ...simulation, seed: options.seed ?? null, unused };
  await run.show(shown as unknown as JsonObject, () =>
    [formatSimulation(simulation, run.paint), ...remarks(simulation, recorded, unused, run)].join('\n'),
  );
  return (simulation.departures ?? []).length === 0 ? exits.done : exits.notCompleted;
}

const withConfig = (settings: PackSettings, given: JsonObject): PackSettings => ({
  ...settings,
  config: { ...settings.config, ...given },
});

/** A secret parameter of the earlier run is not shown to anybody, so it has to be given again. */
function refuseMasked(recorded: Recorded | undefined, given: JsonObject): void {
  const missing = (recorded?.parameters.masked ?? []).filter((name) => !Object.hasOwn(given, name));
  if (recorded === undefined || missing.length === 0) return;
  const message = `Execution ${recorded.execution} had secret parameters, which are not shown; give them again`;
  throw new AttuneError('bad_request', message, {
    details: missing.map((name) => ({ message: `expected --param ${name}=VALUE` })),
  });
}

function refuseAssumed({ assumed }: Simulation): void {
  if (assumed.length === 0) return;
  const message = `${assumed.length} attempt(s) have no result`;
  throw new AttuneError('invalid_input', message, {
    details: assumed.map(({ run, ...name }) => ({ message: `expected a result for ${attemptPath(run, name)}` })),
  });
}

/** What is to be known beside the story. */
function remarks(
  simulation: Simulation,
  recorded: Recorded | undefined,
  unused: readonly Problem[],
  { paint }: Run,
): string[] {
  const { assumed, departures } = simulation;
  const names = [...new Set(assumed.map(({ run, ...name }) => pathText(run, name)))];
  return [
    ...(names.length === 0
      ? []
      : ['', `No result was given for ${names.join(', ')}: what has none succeeds with an empty output.`]),
    ...(unused.length === 0 ? [] : ['', `Results that were not used: ${unused.map(placeText).join(', ')}`]),
    ...(departures === null || recorded === undefined
      ? []
      : [
          '',
          ...(departures.length === 0
            ? [`${paint.green('✓')} every decision is the one that execution ${recorded.execution} recorded`]
            : departureLines(departures, paint)),
        ]),
  ];
}
