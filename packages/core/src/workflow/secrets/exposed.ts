import { leadsTo, secretPaths, type Path } from '../../secret/paths.ts';
import type { FlatSchema } from '../../schema/flat-schema.ts';
import type { JsonObject } from '../../json.ts';
import type { Flow } from './read.ts';

/** The flows that end in what a schema does not mark secret, one for each place; without a schema nothing is marked.
 *  @param inherits names that the schema does not have are left out of what is handed on. */
export function exposedBy(flows: readonly Flow[], schema: FlatSchema | null | undefined, inherits = false): Flow[] {
  if (flows.length === 0) return [];
  const marked = secretPaths(schema);
  const exposed = flows.filter(
    ({ path }) =>
      !marked.some((mark) => leadsTo(mark, path)) && !(inherits && schema && !Object.hasOwn(schema, path[0] ?? '')),
  );
  return exposed.filter(({ pointer }, index) => exposed.findIndex((flow) => flow.pointer === pointer) === index);
}

const nameOf = (path: Path): string => path.join('.');

/** Why a secret may not go into a parameter of an action. */
export const exposedParameter = (flow: Flow, action: string): string =>
  flow.path.length === 0
    ? `All parameters of '${action}' would receive ${flow.source}, which is secret; hand on only those that are marked secret`
    : `The parameter "${nameOf(flow.path)}" of '${action}' would receive ${flow.source}, which is secret, but is not marked so;` +
      ` mark it "secret: true" in the action's schema, or leave the secret out`;

/** Why a secret may not stand in the result of a workflow. */
export const exposedOutput = (flow: Flow): string =>
  `output_map '${flow.path[0] ?? ''}' would show ${flow.source}, which is secret; mark "${nameOf(flow.path)}" "secret: true" in the` +
  ` workflow's "output", or leave it out`;

/** What becomes the error of an execution that would have exposed secrets: its parameters by their pointers, and the sources. */
export function exposure(flows: readonly Flow[], action: string): JsonObject {
  const details = flows.map((flow) => ({ pointer: pointerOf(flow.path), message: exposedParameter(flow, action) }));
  const [first = { message: '' }, ...others] = details;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return { kind: 'secret_exposed', message: `${first.message}${more}`, details };
}

const pointerOf = (path: Path): string =>
  path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
