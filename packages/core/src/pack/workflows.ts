import type { Problem } from '../errors.ts';
import type { WorkflowDefinition } from '../workflow/definition.ts';
import { parseWorkflow, type ParsedWorkflow, type WorkflowDraft } from '../workflow/file/parse.ts';
import { problemAt } from '../yaml/document.ts';
import { suggestion } from '../yaml/nearest.ts';
import type { ActionDefinition } from './action.ts';
import { collect, repeatedRefs, type Located } from './collect.ts';
import { isSafePath, type PackFiles } from './files.ts';
import { readYamlFile, yamlFilesIn } from './folder.ts';

/** Where the graphs of workflow actions stand. */
const graphFolder = 'actions/workflows';

export interface LoadedWorkflows {
  /** All actions: those of `actions/`, and one for each file of `workflows/`. */
  actions: ActionDefinition[];
  workflows: WorkflowDefinition[];
  /** The same and those with errors, as far as they could be read. */
  drafts: { draft: WorkflowDraft; isSound: boolean }[];
  /** Refs of older files that could not be read. */
  unread: string[];
  problems: Problem[];
}

/** Reads the graph of each action that names one, and the older files that are action and graph in one. */
export function loadWorkflows(
  files: PackFiles,
  actions: readonly Located<ActionDefinition>[],
  pack: string | undefined,
): LoadedWorkflows {
  const problems: Problem[] = [];
  const workflows: WorkflowDefinition[] = [];
  const drafts: LoadedWorkflows['drafts'] = [];
  const take = ({ draft, workflow, problems: errors, warnings }: ParsedWorkflow): void => {
    problems.push(...errors, ...warnings);
    if (draft !== undefined) drafts.push({ draft, isSound: workflow !== undefined });
  };
  const used = new Set<string>();
  for (const { document, value: action } of actions) {
    const path = action.workflow_file;
    if (path === null) continue;
    used.add(path);
    const graph = isSafePath(path) ? readYamlFile(files, path) : undefined;
    if (graph === undefined) {
      const there = yamlFilesIn(files, graphFolder).map((file) => file.slice('actions/'.length));
      const message = `The pack has no file ${path}.${suggestion(path.slice('actions/'.length), there)}`;
      problems.push(problemAt(document, '/workflow_file', message, 'missing_file'));
      continue;
    }
    const parsed = parseWorkflow(graph, action);
    take(parsed);
    // Several actions may share a graph: each has it by its own ref.
    if (parsed.workflow !== undefined) workflows.push({ ...parsed.workflow, ref: action.ref });
  }
  for (const path of yamlFilesIn(files, graphFolder)) {
    if (!used.has(path)) {
      problems.push({
        message: 'No action names this workflow in its "workflow_file"',
        file: path,
        line: 1,
        column: 1,
        code: 'unread_file',
      });
    }
  }

  const single = collect(files, 'workflows', pack, (document) => {
    const parsed = parseWorkflow(document);
    take(parsed);
    return { value: parsed.workflow, problems: [] };
  });
  const companions = single.found.map(({ document, value }) => ({
    document,
    value: companionOf(value, document.file),
  }));
  return {
    actions: [...actions, ...companions].map(({ value }) => value),
    workflows: [...workflows, ...single.found.map(({ value }) => value)],
    drafts,
    unread: single.unread,
    problems: [
      ...problems,
      ...single.problems,
      ...(single.found.length === 0 ? [] : repeatedRefs([...actions, ...companions])),
    ],
  };
}

/** The action that starts a workflow which is its own action. */
const companionOf = (workflow: WorkflowDefinition, file: string): ActionDefinition => ({
  ref: workflow.ref,
  label: workflow.label,
  description: workflow.description,
  runner_type: null,
  entry_point: null,
  workflow_file: file,
  parameters: workflow.parameters,
  output: workflow.output,
  parameter_delivery: 'stdin',
  parameter_format: 'json',
  output_format: 'text',
  timeout_seconds: null,
  on_worker_lost: 'fail',
  tags: workflow.tags,
  examples: [],
});
