import type { Problem } from '../errors.ts';
import { isJsonObject } from '../json.ts';
import { severityOf, type Severity } from '../problem-code.ts';
import { checkWorkflow } from '../workflow/check/check.ts';
import type { WorkflowDefinition } from '../workflow/definition.ts';
import { ownActionsOf } from '../workflow/simulate/known-action.ts';
import { refusedYaml, type YamlDocument } from '../yaml/document.ts';
import { readAction, type ActionDefinition } from './action.ts';
import { checkRule } from './check-rule.ts';
import { collect, type Located } from './collect.ts';
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
import { knownWith, nothingKnown, type Definitions, type Known } from './known.ts';
import { readManifest, type PackManifest } from './manifest.ts';
import { packRefForm } from './names.ts';
import { readRule, type RuleDefinition } from './rule.ts';
import { loadTests } from './tests.ts';
import { readTrigger, type TriggerDefinition } from './trigger.ts';
import { loadWorkflows, type LoadedWorkflows } from './workflows.ts';

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
  /** What is no fault at all, but good to know: where loops are. */
  notes: Problem[];
}

/** Checks the files of a pack and reads what they define. `known` is what its rules and workflows may refer to besides the pack itself.
 *  Whatever the format has and nothing carries out yet is a problem, so that nothing is silently ignored. */
export function loadPack(files: PackFiles, known: Known = nothingKnown, limits: PackLimits = packLimits): LoadedPack {
  const unfit = checkFiles(files, limits);
  if (unfit.length > 0) return { problems: unfit, warnings: [], notes: [] };

  if (!files.has('pack.yaml')) {
    const message = 'The pack has no pack.yaml';
    return { problems: [{ message, file: 'pack.yaml', code: 'missing_file' }], warnings: [], notes: [] };
  }
  const read = readPack(files);
  const { manifest, definitions, rules, drafts } = read;
  const within = knownWith(known, definitions);
  const config = manifest?.conf_schema ?? null;
  const found = bySeverity([
    ...read.problems,
    ...rules.flatMap(({ document, value }) => checkRule(document, value, within, config)),
    ...drafts.flatMap(({ draft, isSound }) => checkWorkflow(draft, { isSound, known: within, config })),
  ]);
  if (found.problems.length > 0 || manifest === undefined) return found;

  const digests = digestFiles(files);
  const { actions, workflows, triggers } = definitions;
  return {
    pack: {
      manifest,
      actions,
      workflows,
      triggers,
      rules: rules.map(({ value }) => value),
      files: digests,
      digest: digestPack(digests),
    },
    ...found,
  };
}

/** What a pack defines, as far as it could be read. */
export interface ReadPack {
  manifest: PackManifest | undefined;
  definitions: Definitions & Pick<PackDefinition, 'actions' | 'workflows' | 'triggers'>;
  rules: Located<RuleDefinition>[];
  drafts: LoadedWorkflows['drafts'];
  /** Everything wrong with each file by itself. */
  problems: Problem[];
}

/** Reads the files of a pack without looking at anything else. */
export function readPack(files: PackFiles): ReadPack {
  const manifestFile = readYamlFile(files, 'pack.yaml') ?? missingManifest;
  const manifest = readManifest(manifestFile);
  // A broken manifest should not make every ref of the pack look wrong.
  const ref = manifest.value?.ref ?? refIn(manifestFile);

  const programs = collect(files, 'actions', ref, (document) => readAction(document, files, ref ?? ''));
  const triggers = collect(files, 'triggers', ref, readTrigger);
  const rules = collect(files, 'rules', ref, (document) => readRule(document, ref ?? 'pack'));
  const { actions, workflows, drafts, ...graphs } = loadWorkflows(files, programs.found, ref);
  const definitions = {
    ref: ref ?? '',
    actions,
    workflows,
    triggers: triggers.found.map(({ value }) => value),
    unread: [...programs.unread, ...triggers.unread, ...graphs.unread],
  };
  // Without the workflows that could not be read, tests would only say that these are missing.
  const isWhole = bySeverity([...programs.problems, ...graphs.problems]).problems.length === 0;
  return {
    manifest: manifest.value,
    definitions,
    rules: rules.found,
    drafts,
    problems: [
      ...manifest.problems,
      ...strayDefinitions(files),
      ...programs.problems,
      ...triggers.problems,
      ...rules.problems,
      ...graphs.problems,
      ...(isWhole ? loadTests(files, ownActionsOf(definitions), refsOf(workflows)).problems : []),
    ],
  };
}

const missingManifest = refusedYaml('pack.yaml', 'The pack has no pack.yaml', 'missing_file');

const refsOf = (definitions: readonly { ref: string }[]): string[] => definitions.map(({ ref }) => ref);

/** What is a problem, a warning and a note, each in the order of the files. */
function bySeverity(all: readonly Problem[]): Pick<LoadedPack, 'problems' | 'warnings' | 'notes'> {
  const ordered = inOrder(all);
  const of = (severity: Severity): Problem[] =>
    ordered.filter(({ code }) => (code === undefined ? 'error' : severityOf(code)) === severity);
  return { problems: of('error'), warnings: of('warning'), notes: of('info') };
}

function refIn({ readable }: YamlDocument): string | undefined {
  const ref = isJsonObject(readable) ? readable['ref'] : undefined;
  return typeof ref === 'string' && packRefForm.test(ref) ? ref : undefined;
}

/** By file and place, each once: a graph that several actions use would tell its faults as often. */
export function inOrder(problems: readonly Problem[]): Problem[] {
  const seen = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
  return [...seen.values()].sort(
    (a, b) =>
      compare(a.file ?? '', b.file ?? '') || compare(a.line ?? 0, b.line ?? 0) || compare(a.column ?? 0, b.column ?? 0),
  );
}

const compare = <T>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
