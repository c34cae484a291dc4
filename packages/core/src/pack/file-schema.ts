import { workflowKeys } from '../workflow/file/keys.ts';
import { testFileShape } from '../workflow/simulate/test-file.ts';
import { SchemaDefs, type JsonSchema } from '../yaml/json-schema.ts';
import type { Shape } from '../yaml/shape.ts';
import { actionShape, deliveryKeys, programKeys } from './action.ts';
import { manifestShape } from './manifest.ts';
import { ruleShape } from './rule.ts';
import { warmRunnerPattern } from './runner.ts';
import { triggerShape } from './trigger.ts';

/** A kind of YAML file that a pack is made of. */
interface FileKind {
  /** Which files of a pack these are, as a glob. */
  files: string;
  title: string;
  shape: Shape<unknown>;
  /** What must hold beside it. */
  also?: JsonSchema;
}

const noneOf = (keys: readonly string[]): JsonSchema => Object.fromEntries(keys.map((key) => [key, { type: 'null' }]));

/** A function is called by Python or Node, and takes and gives values: see {@link readAction}. */
const warm: JsonSchema = {
  if: { properties: { runner: { const: 'warm' } }, required: ['runner'] },
  then: {
    properties: { ...noneOf(deliveryKeys), runner_type: { type: 'string', pattern: warmRunnerPattern } },
    required: ['runner_type'],
  },
};

/** An action is a program or a workflow, never both: see {@link readAction}. */
const programOrWorkflow: JsonSchema = {
  if: { properties: { workflow_file: { type: 'string' } }, required: ['workflow_file'] },
  then: { properties: noneOf(programKeys) },
  else: { properties: { entry_point: { type: 'string', minLength: 1 } }, required: ['entry_point'], allOf: [warm] },
};

export const fileKinds = {
  pack: { files: 'pack.yaml', title: 'Attune pack', shape: manifestShape },
  action: { files: 'actions/*.yaml', title: 'Attune action', shape: actionShape, also: programOrWorkflow },
  graph: {
    files: 'actions/workflows/*.workflow.yaml',
    title: 'Attune workflow: the graph of an action',
    shape: workflowKeys,
  },
  workflow: {
    files: 'workflows/*.yaml',
    title: 'Attune workflow: action and graph in one file',
    shape: workflowKeys,
    also: { properties: { ref: { type: 'string' } }, required: ['ref'] },
  },
  trigger: { files: 'triggers/*.yaml', title: 'Attune trigger', shape: triggerShape },
  rule: { files: 'rules/*.yaml', title: 'Attune rule', shape: ruleShape },
  test: { files: 'tests/*.test.yaml', title: 'Attune workflow tests', shape: testFileShape },
} as const satisfies Record<string, FileKind>;

export type FileKindName = keyof typeof fileKinds;

export const fileKindNames = Object.keys(fileKinds) as FileKindName[];

/** The JSON Schema (2020-12) of a kind of file, for editors. It is made from the tables the parser reads by, so the two agree; what an
 *  editor cannot know (other files, expressions) `pack check` finds. */
export function fileSchema(name: FileKindName): JsonSchema {
  const { title, files, shape, also }: FileKind = fileKinds[name];
  const defs = new SchemaDefs();
  return defs.complete({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:attune:schema:${name}`,
    title,
    description: `Files of a pack: ${files}`,
    ...shape.schema(defs),
    ...(also === undefined ? {} : { allOf: [also] }),
  });
}
