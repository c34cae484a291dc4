export * from './json.ts';
export * from './hash.ts';
export * from './errors.ts';
export * from './problem-code.ts';
export * from './execution/machine.ts';
export * from './execution/execution.ts';
export * from './execution/standing.ts';
export * from './execution/prepare.ts';
export * from './execution/restart.ts';
export * from './inquiry/question.ts';
export * from './yaml/pointer.ts';
export * from './yaml/nearest.ts';
export * from './yaml/document.ts';
export * from './yaml/shape.ts';
export * from './schema/as-flat.ts';
export * from './schema/flat-schema.ts';
export * from './pack/names.ts';
export * from './pack/files.ts';
export * from './pack/runner.ts';
export * from './pack/config.ts';
export * from './pack/manifest.ts';
export * from './pack/action.ts';
export * from './pack/trigger.ts';
export * from './pack/rule.ts';
export * from './pack/known.ts';
export { loadPack, readPack, type LoadedPack, type PackDefinition, type ReadPack } from './pack/load.ts';
export * from './pack/file-schema.ts';
export * from './pack/finding.ts';
export { type JsonSchema } from './yaml/json-schema.ts';
export * from './expression/position.ts';
export * from './expression/error.ts';
export * from './expression/budget.ts';
export * from './expression/expression.ts';
export * from './expression/scope.ts';
export * from './expression/evaluate.ts';
export * from './expression/proof.ts';
export * from './expression/prove.ts';
export * from './expression/replay.ts';
export * from './expression/template.ts';
export * from './expression/render.ts';
export * from './workflow/definition.ts';
export { parseWorkflow, type ParsedWorkflow, type WorkflowAction } from './workflow/file/parse.ts';
export { isSamePosition, type Position } from './workflow/graph/position.ts';
export { buildGraph, nodeOf, type Loop, type TaskNode, type WorkflowGraph } from './workflow/graph/graph.ts';
export { advance, awaitsRetry, begin, retried } from './workflow/conductor/conductor.ts';
export { neededFor, type Needed, type NeededResult } from './workflow/conductor/needed.ts';
export { replayRun, type RunEvent } from './workflow/conductor/replay.ts';
export { resultView } from './workflow/conductor/result-view.ts';
export { simulate, type SimulationOptions } from './workflow/simulate/simulate.ts';
export * from './workflow/simulate/simulation.ts';
export * from './workflow/simulate/source.ts';
export {
  knownActionsOf,
  type KnownAction,
  type KnownActions,
  type PackSettings,
} from './workflow/simulate/known-action.ts';
export { givenResults, type GivenResults, type GivenSource } from './workflow/simulate/given.ts';
export { checkResults, readResults } from './workflow/simulate/results-file.ts';
export { randomResults } from './workflow/simulate/random.ts';
export { type RecordedRun, type RecordedRunStep, type SuccessorRecord } from './workflow/simulate/recorded.ts';
export { attemptPath, attemptText, pathText } from './workflow/simulate/key.ts';
export { runTest, type TestFailure, type TestOutcome } from './workflow/simulate/run-test.ts';
export { type WorkflowTest } from './workflow/simulate/test-file.ts';
export { loadTests, type LoadedTests } from './pack/tests.ts';
export * from './workflow/conductor/decision.ts';
export type { RunState } from './workflow/conductor/state.ts';
export * from './workflow/explain/explanation.ts';
export { explainRun, type KeptRun } from './workflow/explain/explain-run.ts';
export type { RunStanding } from './workflow/explain/outlook.ts';
export { Recount, type RecordedStep } from './workflow/explain/recount.ts';
export { recordedStep } from './workflow/explain/recorded-step.ts';
export * from './workflow/rerun/rerun.ts';
export * from './workflow/rerun/reuse.ts';
export { listTasks, type TaskLists } from './workflow/conductor/list-tasks.ts';
export { livingAttempts, type LivingAttempt } from './workflow/conductor/living.ts';
export { Memory, type KeptList } from './workflow/conductor/memory.ts';
export { mostReleased } from './workflow/conductor/items-run.ts';
export type {
  Finished,
  ItemList,
  Recorded,
  RunFacts,
  RunOutcome,
  StartError,
  Step,
  TaskStart,
} from './workflow/conductor/step.ts';
export { truthy } from './expression/value.ts';
export * from './expression/reference.ts';
export * from './expression/fault.ts';
export * from './expression/check.ts';
export * from './expression/predicate.ts';
export * from './rule/event-facts.ts';
export * from './rule/match.ts';
export * from './rule/action-params.ts';
export * from './rule/check.ts';
export { ruleFlows } from './rule/secrets.ts';
export * from './key/key.ts';
export * from './secret/paths.ts';
export * from './secret/sealed.ts';
export * from './workflow/secrets/exposed.ts';
export * from './workflow/secrets/mask-decision.ts';
export * from './workflow/secrets/mask-proof.ts';
export type { Flow, Place, SecretRead } from './workflow/secrets/read.ts';
export * from './workflow/secrets/result-paths.ts';
export * from './workflow/secrets/secret-flows.ts';
export * from './workflow/secrets/secrets.ts';
export * from './workflow/secrets/settings-read.ts';
