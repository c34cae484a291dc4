import type { JsonObject } from '../json.ts';
import { flatSchema, type FlatSchema } from '../schema/flat-schema.ts';
import { secretPaths } from '../secret/paths.ts';
import type { YamlDocument } from '../yaml/document.ts';
import { problemAt } from '../yaml/document.ts';
import { childPointer } from '../yaml/pointer.ts';
import {
  anyMap,
  checkShape,
  defaulted,
  flag,
  list,
  optional,
  patternForm,
  record,
  required,
  text,
  type Checked,
} from '../yaml/shape.ts';
import { aboutManifest } from './about.ts';
import { checkConfig } from './config.ts';
import { packRefForm, labelOf } from './names.ts';
import { runtimeForm } from './runner.ts';

/** What `pack.yaml` says. */
export interface PackManifest {
  ref: string;
  label: string;
  version: string;
  description: string | null;
  author: string | null;
  email: string | null;
  license: string | null;
  conf_schema: FlatSchema;
  /** Values of the configuration where an administrator sets none. */
  config: JsonObject;
  meta: JsonObject;
  tags: string[];
  /** Interpreters the pack needs, each with an optional constraint: `python3>=3.8`. */
  runtime_deps: string[];
  /** Other packs it needs, each with an optional constraint: `core@^1.0.0`. */
  dependencies: string[];
  python: string | null;
  nodejs: string | null;
  system: boolean;
  enabled: boolean;
  testing: JsonObject | null;
}

const versionForm = patternForm(
  'a semantic version such as 1.0.0',
  /^\d{1,9}\.\d{1,9}\.\d{1,9}(?:-[0-9A-Za-z.-]{1,100})?(?:\+[0-9A-Za-z.-]{1,100})?$/,
);

const packForm = patternForm(
  'a pack ref, with or without a constraint such as core@^1.0.0',
  new RegExp(`${packRefForm.pattern.replace(/\$$/, '')}(@[^\\n]*)?$`),
);

export const manifestShape = record(
  {
    ref: required(text({ form: packRefForm })),
    version: required(text({ form: versionForm })),
    label: optional(text({ maxLength: 255 }), 'name'),
    description: optional(text({ mayBeEmpty: true })),
    author: optional(text()),
    email: optional(text()),
    license: optional(text()),
    conf_schema: defaulted(flatSchema, {}, 'config_schema'),
    config: defaulted(anyMap(), {}),
    meta: defaulted(anyMap(), {}, 'metadata'),
    tags: defaulted(list(text()), [], 'keywords'),
    runtime_deps: defaulted(list(text({ form: runtimeForm })), []),
    dependencies: defaulted(list(text({ form: packForm })), []),
    python: optional(text()),
    nodejs: optional(text()),
    system: defaulted(flag(), false),
    enabled: defaulted(flag(), true),
    testing: optional(anyMap()),
  },
  { about: aboutManifest },
);

export function readManifest(document: YamlDocument): Checked<PackManifest> {
  const { value, problems } = checkShape(document, manifestShape);
  if (value === undefined) return { value: undefined, problems };
  for (const problem of checkConfig(value.conf_schema, value.config)) {
    problems.push(
      problemAt(document, `/config${problem.pointer ?? ''}`, problem.message, problem.code ?? 'wrong_parameter'),
    );
  }
  for (const path of secretPaths(value.conf_schema)) {
    const [name = ''] = path;
    if ((value.config[name] ?? null) === null) continue;
    const message = `"${path.join('.')}" is secret and must not stand in a file: attune pack config set ${value.ref} ${name}`;
    problems.push(problemAt(document, childPointer('/config', name), message, 'wrong_value'));
  }
  return {
    value: {
      ...value,
      label: value.label ?? labelOf(value.ref),
      description: value.description ?? null,
      author: value.author ?? null,
      email: value.email ?? null,
      license: value.license ?? null,
      python: value.python ?? null,
      nodejs: value.nodejs ?? null,
      testing: value.testing ?? null,
    },
    problems,
  };
}
