import type { Problem } from '../errors.ts';
import { isJsonObject } from '../json.ts';
import type { WorkflowDefinition } from '../workflow/definition.ts';
import { knownActionsOf } from '../workflow/simulate/known-action.ts';
import type { YamlDocument } from '../yaml/document.ts';
import { readAction, type ActionDefinition } from './action.ts';
import { checkRule } from './check-rule.ts';
import { checkWorkflow } from './check-workflow.ts';
import { collect } from './collect.ts';
import {
  checkFiles,
  digestFiles,
  digestPack,
  packLimits,
  type FileDigest,
  type PackFiles,
  type PackLimits,
} from './files.ts';
import { readYamlFile, strayDefinitions } from './folder.ts';
import { knownWith, nothingKnown, type Known } from './known.ts';
import { readManifest, type PackManifest } from './manifest.ts';
import { isIdentifier } from './names.ts';
import { readRule, type RuleDefinition } from './rule.ts';
import { loadTests } from './tests.ts';
import { readTrigger, type TriggerDefinition } from './trigger.ts';
import { loadWorkflows } from './workflows.ts';

/** A pack that is sound in all its parts. Plain JSON. */
export interface PackDefinition {
  manifest: PackManifest;
  actions: ActionDefinition[];
  /** The graph of each action that is a workflow, by the same ref. */
  workflows: WorkflowDefinition[];
  triggers: TriggerDefinition[];
  rules: RuleDefinition[];
  files: FileDigest[];
  /** Names the revision of the pack: {@link digestPack} of its files. */
  digest: string;
}

export interface LoadedPack {
  /** Undefined if there is any problem: a pack is registered whole or not at all. */
  pack?: PackDefinition;
  /** Everything wrong, by file and line. */
  problems: Problem[];
  /** What is right, but perhaps not what was meant. */
  warnings: Problem[];
}

/** Checks the files of a pack and reads what they define. `known` is what its rules and workflows may refer to besides the pack itself.
 *  Whatever the format has and nothing carries out yet is a problem, so that nothing is silently ignored. */
export function loadPack(files: PackFiles, known: Known = nothingKnown, limits: PackLimits = packLimits): LoadedPack {
  const unfit = checkFiles(files, limits);
  if (unfit.length > 0) return { problems: unfit, warnings: [] };

  const manifestFile = readYamlFile(files, 'pack.yaml');
  if (manifestFile === undefined)
    return {
      problems: [{ message: 'The pack has no pack.yaml', file: 'pack.yaml', code: 'missing_file' }],
      warnings: [],
    };
  const manifest = readManifest(manifestFile);
  // A broken manifest should not make every ref of the pack look wrong.
  const ref = manifest.value?.ref ?? refIn(manifestFile);

  const programs = collect(files, 'actions', ref, (document) => readAction(document, files, ref ?? ''));
  const triggers = collect(files, 'triggers', ref, readTrigger);
  const rules = collect(files, 'rules', ref, (document) => readRule(document, ref ?? 'pack'));
  const { actions, workflows, ...graphs } = loadWorkflows(files, programs.found, ref);

  const own = { actions, triggers: triggers.found.map(({ value }) => value) };
  const flows = workflows.map(({ value }) => value);
  const refs = flows.map((workflow) => workflow.ref);
  const runnable = knownActionsOf({ ref: ref ?? '', actions, workflows: flows });
  const within = knownWith(known, own, ref ?? '');
  const problems = [
    ...manifest.problems,
    ...strayDefinitions(files),
    ...programs.problems,
    ...triggers.problems,
    ...rules.problems,
    ...graphs.problems,
    ...rules.found.flatMap(({ document, value }) => checkRule(document, value, within)),
    ...workflows.flatMap(({ document, value }) => checkWorkflow(document, value, within)),
    // Without the workflows that could not be read, tests would only say that these are missing.
    ...(programs.problems.length + graphs.problems.length > 0 ? [] : loadTests(files, runnable, refs).problems),
  ];
  const warnings = inOrder(graphs.warnings);
  if (problems.length > 0 || manifest.value === undefined) return { problems: inOrder(problems), warnings };

  const digests = digestFiles(files);
  return {
    pack: {
      manifest: manifest.value,
      actions,
      workflows: flows,
      triggers: own.triggers,
      rules: rules.found.map(({ value }) => value),
      files: digests,
      digest: digestPack(digests),
    },
    problems: [],
    warnings,
  };
}

function refIn({ value }: YamlDocument): string | undefined {
  const ref = isJsonObject(value) ? value['ref'] : undefined;
  return typeof ref === 'string' && isIdentifier(ref) ? ref : undefined;
}

/** By file and place, each once: a graph that several actions use would tell its faults as often. */
function inOrder(problems: readonly Problem[]): Problem[] {
  const seen = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
  return [...seen.values()].sort(
    (a, b) =>
      compare(a.file ?? '', b.file ?? '') || compare(a.line ?? 0, b.line ?? 0) || compare(a.column ?? 0, b.column ?? 0),
  );
}

const compare = <T>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
