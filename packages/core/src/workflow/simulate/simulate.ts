import { AttuneError, type Problem } from '../../errors.ts';
import type { Instant } from '../../execution/execution.ts';
import { prepareParameters } from '../../execution/prepare.ts';
import type { JsonObject } from '../../json.ts';
import type { WorkflowDefinition } from '../definition.ts';
import { departuresFrom } from './departure.ts';
import type { KnownActions, PackSettings } from './known-action.ts';
import { orderOf, recordedResults, type RecordedRun } from './recorded.ts';
import type { Simulation } from './simulation.ts';
import { Simulator, type World } from './simulator.ts';
import { firstOf, nothingGiven, type ResultSource } from './source.ts';

export interface SimulationOptions {
  /** Ref of the workflow. */
  ref: string;
  actions: KnownActions;
  /** As they would be given to an execution; defaults are filled and the schema is checked. @default {} */
  parameters?: JsonObject;
  /** Variables to begin with, in the place of those of the file that have the same names. @default {} */
  vars?: JsonObject;
  /** What a pack's workflows see of it, by its ref. @default no configuration */
  settings?: (pack_ref: string) => PackSettings;
  /** @default {} */
  keystore?: JsonObject;
  /** How attempts end. @default nobody knows of any, so each succeeds with an empty output */
  source?: ResultSource;
  /** A recorded run whose order is followed as long as it goes, and which the simulation is compared with. Its results count where
   *  `source` has no answer. */
  record?: RecordedRun;
  /** Asked where neither `source` nor `record` has an answer. */
  otherwise?: ResultSource;
  /** What `system.workflow_start` says. @default 2026-01-01T00:00:00.000000Z */
  workflow_start?: Instant;
  /** Whether what is secret stands in the answer; else a mask is in its place, as in a record. @default false */
  shows_secrets?: boolean;
  /** Most decisions, nested workflows included, before the simulation is given up. @default 100000 */
  most_decisions?: number;
}

/** Runs a workflow through the conductor without running any action: the ends of its attempts come from a source of results, and a
 *  simulated clock puts them in order. The same options give the same simulation.
 *  @throws AttuneError unknown_ref where there is no such workflow; invalid_input with every parameter that does not fit;
 *  invalid_workflow where it takes more decisions than it may. */
export function simulate(options: SimulationOptions): Simulation {
  const { record, vars = {}, source = nothingGiven, otherwise = nothingGiven } = options;
  const { workflow, parameters } = startable(options);
  const definition = { ...workflow, vars: { ...workflow.vars, ...vars } };
  const simulator = new Simulator(worldOf(options), record === undefined ? [] : orderOf(record));
  const sources = firstOf([source, ...(record === undefined ? [] : [recordedResults(record)]), otherwise]);
  const simulation = simulator.play(definition, parameters, sources);
  return { ...simulation, departures: record === undefined ? null : departuresFrom(record, simulation) };
}

const usualStart = '2026-01-01T00:00:00.000000Z';

const usualMost = 100_000;

function worldOf(options: SimulationOptions): World {
  const {
    actions,
    settings = () => ({ config: {}, conf_schema: null }),
    keystore = {},
    shows_secrets = false,
  } = options;
  const start_ms = Date.parse(options.workflow_start ?? usualStart);
  return { actions, settings, keystore, shows_secrets, start_ms, most_decisions: options.most_decisions ?? usualMost };
}

/** The workflow and the parameters it begins with. */
function startable({ ref, actions, parameters = {} }: SimulationOptions): {
  workflow: WorkflowDefinition;
  parameters: JsonObject;
} {
  const action = actions(ref);
  if (action === undefined) throw new AttuneError('unknown_ref', `There is no workflow '${ref}'`);
  if (action.workflow === null) throw new AttuneError('unknown_ref', `'${ref}' is an action, not a workflow`);
  const prepared = prepareParameters(action, parameters);
  if (prepared.error === undefined) return { workflow: action.workflow, parameters: prepared.config };
  const details = (prepared.error['details'] as unknown as Problem[]).map((problem) => ({
    ...problem,
    pointer: `/parameters${problem.pointer ?? ''}`,
  }));
  throw new AttuneError('invalid_input', `Invalid parameters for workflow '${ref}'`, { details });
}
