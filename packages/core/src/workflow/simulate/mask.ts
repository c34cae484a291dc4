import { secretPaths } from '../../secret/paths.ts';
import { maskSecrets, secretMask } from '../../secret/sealed.ts';
import type { JsonObject } from '../../json.ts';
import { maskDecision } from '../secrets/mask-decision.ts';
import { maskProof } from '../secrets/mask-proof.ts';
import { secretResultPaths } from '../secrets/result-paths.ts';
import type { WorkflowSecrets } from '../secrets/secrets.ts';
import type { KnownAction, KnownActions } from './known-action.ts';
import type { Run } from './run.ts';
import type { DecidedStep, EndedAttempt, SimulatedCondition, StartedAttempt } from './simulation.ts';

/** A step as it may be shown, and as a record would have it: nothing secret in it. */
export const maskStep = (step: DecidedStep, { graph, secrets }: Run, actions: KnownActions): DecidedStep => ({
  ...step,
  ended: step.ended && maskEnded(step.ended, actions(graph.tasks.get(step.ended.task)?.definition.action ?? '')),
  decision: maskDecision(step.decision, secrets, graph.definition.output),
  conditions: step.conditions.map((condition) => maskCondition(condition, secrets)),
  started: step.started.map((start) => maskStarted(start, actions(start.action_ref), secrets)),
});

const maskEnded = (ended: EndedAttempt, action: KnownAction | undefined): EndedAttempt => ({
  ...ended,
  result: maskSecrets(ended.result, secretResultPaths(action?.output)),
});

function maskCondition(condition: SimulatedCondition, secrets: WorkflowSecrets): SimulatedCondition {
  if (condition.proof === null) return condition;
  const place = condition.kind === 'task' ? secrets.starting(condition.task) : secrets.ending(condition.task);
  return { ...condition, proof: maskProof(condition.proof, (path) => secrets.at(path, place) !== undefined) };
}

/** What cannot start may have secrets where its action marks none. */
const maskStarted = (
  start: StartedAttempt,
  action: KnownAction | undefined,
  secrets: WorkflowSecrets,
): StartedAttempt => ({
  ...start,
  input: maskSecrets(start.input, [
    ...secretPaths(action?.parameters),
    ...(start.error === undefined ? [] : secrets.input(start.task).map(({ path }) => path)),
  ]),
});

/** Of the outermost run: its parameters, what its variables hold at the end, and its result. */
export const maskEnd = (
  end: { parameters: JsonObject; variables: JsonObject; result: JsonObject },
  { graph, secrets }: Run,
): typeof end => ({
  parameters: maskSecrets(end.parameters, secretPaths(graph.definition.parameters)),
  variables: Object.fromEntries(
    Object.entries(end.variables).map(([name, value]) => [name, secrets.variables.has(name) ? secretMask : value]),
  ),
  result: maskSecrets(end.result, secretPaths(graph.definition.output)),
});
