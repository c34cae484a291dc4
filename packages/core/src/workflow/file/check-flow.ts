import type { Problem } from '../../errors.ts';
import { problemAt } from '../../yaml/document.ts';
import type { WorkflowDefinition } from '../definition.ts';
import { buildGraph, type TaskNode, type WorkflowGraph } from '../graph/graph.ts';
import type { TaskSource, WorkflowSource } from './parse.ts';

/** Joins that can never be met, and what older keys and retries say against themselves. */
export function checkFlow(source: WorkflowSource, workflow: WorkflowDefinition): Problem[] {
  const graph = buildGraph(workflow);
  return source.tasks.flatMap((task) => [
    ...checkJoin(source, graph, task),
    ...checkRetry(source, task),
    ...checkDecision(source, task),
  ]);
}

function checkJoin({ document }: WorkflowSource, graph: WorkflowGraph, { keys }: TaskSource): Problem[] {
  const node = graph.tasks.get(keys.name.value);
  if (node === undefined || typeof keys.join?.value !== 'number') return [];
  const most = mostArrivals(graph, node);
  if (keys.join.value <= most) return [];
  const message =
    most === 0
      ? `"join" is ${keys.join.value}, but no transition leads to this task`
      : `"join" is ${keys.join.value}, but at most ${most} task(s) can lead to this one${graph.loops.has(keys.name.value) ? ' in one round of its loop' : ''}`;
  return [problemAt(document, keys.join.pointer, message, 'join_too_large')];
}

/** At the head of a loop the tasks outside lead to it in the first round, those inside in the others. */
function mostArrivals(graph: WorkflowGraph, node: TaskNode): number {
  const loop = graph.loops.get(node.definition.name);
  if (loop === undefined) return node.predecessors.length;
  const outside = node.predecessors.filter((task) => !loop.members.has(task));
  return Math.max(outside.length, loop.backSources.length);
}

function checkRetry({ document }: WorkflowSource, { keys: { retry } }: TaskSource): Problem[] {
  if (retry?.max_delay === undefined || retry.max_delay.value >= retry.delay) return [];
  const message = `"max_delay" is ${retry.max_delay.value}, less than "delay", which is ${retry.delay}`;
  return [problemAt(document, retry.max_delay.pointer, message, 'wrong_retry')];
}

function checkDecision({ document }: WorkflowSource, { keys: { decision } }: TaskSource): Problem[] {
  const idle = decision
    .filter(({ value }) => !value.default && value.when === undefined)
    .map(({ pointer }) => problemAt(document, pointer, 'A branch needs "when", or "default: true"', 'wrong_decision'));
  const second = decision
    .filter(({ value }) => value.default)
    .slice(1)
    .map(({ pointer }) => problemAt(document, pointer, 'A decision can have one default branch', 'wrong_decision'));
  return [...idle, ...second];
}
