import type { JsonObject } from '../../json.ts';
import { maskSecrets, secretMask } from '../../secret/sealed.ts';
import type { RunState } from '../conductor/state.ts';
import type { TaskNode, WorkflowGraph } from '../graph/graph.ts';
import { maskProof } from '../secrets/mask-proof.ts';
import type { Place } from '../secrets/read.ts';
import { noSecretSources, secretsOf, type WorkflowSecrets } from '../secrets/secrets.ts';
import {
  taskStates,
  type ProvenCondition,
  type RunExplanation,
  type TaskExplanation,
  type TaskRunExplanation,
  type TransitionExplanation,
} from './explanation.ts';
import { Outlook, type RunStanding } from './outlook.ts';
import type { Recount } from './recount.ts';

/** What is kept of a run beside its record. */
export interface KeptRun {
  state: RunState;
  /** Secrets in clear. */
  variables: JsonObject;
  steps: number;
  standing: RunStanding;
}

/** Explains a run whose whole record was recounted. What is secret is masked.
 *  @param only the one task to explain; undefined: all. */
export function explainRun(graph: WorkflowGraph, recount: Recount, kept: KeptRun, only?: string): RunExplanation {
  const secrets = recount.facts.secrets ?? secretsOf(graph.definition, noSecretSources);
  const outlook = new Outlook(graph, kept.state, kept.standing);
  return {
    replay: recount.verdict(kept.state, kept.variables, kept.steps),
    variables: maskVariables(kept.variables, secrets),
    failures: recount.story.failures,
    tasks: graph.nodes
      .filter((node) => only === undefined || node.definition.name === only)
      .map((node) => explainTask(graph, node, outlook, recount, secrets)),
  };
}

function explainTask(
  graph: WorkflowGraph,
  node: TaskNode,
  outlook: Outlook,
  { story }: Recount,
  secrets: WorkflowSecrets,
): TaskExplanation {
  const { name: task, action } = node.definition;
  const own = story.tasks.get(task);
  if (own === undefined) throw new RangeError(`The run knows no task '${task}'`);
  const state = outlook.stateOf(node, own);
  const explained = {
    task,
    action_ref: action,
    state,
    is_entry: graph.entries.includes(task),
    led_to_by: outlook.transitionsTo(task, story),
    joins: outlook.joinsOf(node),
    refusals: own.refusals,
    runs: [...own.runs.values()].map((run) => explainTaskRun(node, run, outlook, secrets)),
    runs_total: own.runs_total,
  };
  return { ...explained, message: messageOf(explained) };
}

function explainTaskRun(
  { definition }: TaskNode,
  run: TaskRunExplanation,
  outlook: Outlook,
  secrets: WorkflowSecrets,
): TaskRunExplanation {
  const task = definition.name;
  const isActive = outlook.isActive(task, run.visit);
  const [starting, ending] = [secrets.starting(task), secrets.ending(task)];
  const masked = (condition: ProvenCondition | null, place: Place): ProvenCondition | null =>
    condition?.proof == null
      ? condition
      : { ...condition, proof: maskProof(condition.proof, (path) => secrets.at(path, place) !== undefined) };
  return {
    ...run,
    when: masked(run.when, starting),
    outcome: isActive ? null : outcomeOf(run),
    items: run.items && { ...run.items, rest: outlook.restOf(task, run.visit) },
    transitions: run.transitions.map((transition): TransitionExplanation => ({
      ...transition,
      when: masked(transition.when, ending),
      published: maskVariables(transition.published, secrets),
    })),
    retries: run.retries.map((retry) => ({ ...retry, on_error: masked(retry.on_error, ending) })),
  };
}

/** A task whose items did not all start has failed, even if those that ran went well. */
const outcomeOf = ({ outcome, items }: TaskRunExplanation): TaskRunExplanation['outcome'] =>
  items !== null && items.released < items.count && outcome === 'succeeded' ? 'failed' : outcome;

const maskVariables = (variables: JsonObject, secrets: WorkflowSecrets): JsonObject =>
  Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      secrets.variables.has(name) && value !== null ? secretMask : maskSecrets(value),
    ]),
  );

function messageOf(task: Omit<TaskExplanation, 'message'>): string {
  const { state, joins, refusals, led_to_by } = task;
  switch (state) {
    case 'waiting_for_join':
    case 'join_unmet':
      return `${taskStates[state]}; ${joins.map(joinText).join('; ')}`;
    case 'refused':
      return refusals.at(-1)?.reason ?? taskStates.refused;
    case 'not_reached':
      return `${taskStates.not_reached}: ${transitionTexts(led_to_by.filter((one) => one.may_still_fire))}`;
    case 'no_path':
    case 'run_ended':
      return led_to_by.length === 0 ? taskStates[state] : `${taskStates[state]}: ${transitionTexts(led_to_by)}`;
    default:
      return taskStates[state];
  }
}

function joinText({ needed, arrived, missing, position }: TaskExplanation['joins'][number]): string {
  const iterations = Object.entries(position).map(([head, iteration]) => `, iteration ${iteration} of ${head}`);
  const missed = missing.map(({ task, may_still_come }) => `${task}${may_still_come ? '' : ' (cannot come any more)'}`);
  return `${arrived.length} of ${needed}${iterations.join('')}: came ${arrived.join(', ')}; missing ${missed.join(', ') || 'none'}`;
}

const transitionTexts = (transitions: TaskExplanation['led_to_by']): string =>
  transitions.map(transitionText).join('; ');

function transitionText({
  task,
  index,
  condition,
  evaluated,
  fired,
  may_still_fire,
}: TaskExplanation['led_to_by'][number]): string {
  const past =
    evaluated === 0 ? 'not evaluated' : fired === 0 ? 'did not fire' : `fired ${fired} of ${evaluated} times`;
  const when = condition === null ? '' : ` (${condition})`;
  return `${task} next[${index}]${when} ${may_still_fire && evaluated === 0 ? 'may still fire' : past}`;
}
