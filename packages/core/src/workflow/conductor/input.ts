import type { Scope } from '../../expression/scope.ts';
import { isJsonObject, type JsonObject } from '../../json.ts';
import type { TaskNode } from '../graph/graph.ts';
import { explain, render } from './evaluate.ts';
import type { StartError } from './step.ts';
import type { Turn } from './turn.ts';

/** What an execution is given, or why it cannot be. */
export interface Input {
  input: JsonObject;
  error: StartError | null;
}

export function inputOf(turn: Turn, { definition }: TaskNode, scope: Scope): Input {
  if (definition.input === 'inherit') return { input: turn.facts.parameters, error: null };
  const rendered = render(definition.input, scope);
  if (rendered.error !== undefined) {
    const message = explain(`task '${definition.name}', input`, rendered.error);
    return { input: {}, error: { ...rendered.error.toRecord(), message } };
  }
  return { input: isJsonObject(rendered.value) ? rendered.value : {}, error: null };
}
