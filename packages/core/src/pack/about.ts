/** What each key of a pack's files means: editors show it beside the key. docs/packs.md tells more. */

const notYet = 'Not carried out yet.';

export const aboutManifest = {
  ref: 'Name of the pack: the first part of every ref in it.',
  version: 'Semantic version. Other content under the same version is refused unless it is forced.',
  label: 'Name for people.',
  description: 'What it is for.',
  author: 'Who made it.',
  email: 'Where its author can be reached.',
  license: 'Under which licence it may be used.',
  conf_schema: 'What the pack can be configured with: a map from names to definitions.',
  config: 'Configuration where an administrator sets none; must fit conf_schema as far as it goes.',
  meta: 'Anything.',
  tags: 'Words to find it by.',
  runtime_deps: 'Interpreters it needs, each with or without a constraint: python3>=3.8. Informs.',
  dependencies: 'Other packs it needs, each with or without a constraint: core@^1.0.0. Informs.',
  python: 'Version of Python it needs. Informs.',
  nodejs: 'Version of Node it needs. Informs.',
  system: 'Whether it comes with the platform. Informs.',
  enabled: 'Informs.',
  testing: 'Informs.',
};

export const aboutAction = {
  ref: 'pack.name of the action.',
  label: 'Name for people.',
  description: 'What it does.',
  runner_type: 'What runs the entry point; native runs the file itself, which must be executable.',
  entry_point: 'The program: a file in actions/.',
  workflow_file: 'Graph of the workflow that the action is, relative to actions/; stands instead of a program.',
  parameters: 'What it takes: a map from names to definitions. Without it the action takes anything.',
  output: 'What its data looks like: a map from names to definitions. Informs, and pack check knows the fields.',
  parameter_delivery: 'How the program gets its parameters: on standard input, or in a file.',
  parameter_format: 'In which format it gets them.',
  output_format: 'How standard output becomes the data of the result.',
  runner: 'warm calls run(parameters, context) of a Python or Node module in a process that many executions share.',
  timeout_seconds: 'Longest an attempt may run, in seconds. A task’s own limit comes first.',
  on_worker_lost: 'What becomes of an attempt whose worker was lost; restart says that running it twice does no harm.',
  tags: 'Words to find it by.',
  examples: 'Informs.',
  enabled: 'An action cannot be disabled.',
  runtime_version: notYet,
  required_worker_runtimes: notYet,
  worker_selector: notYet,
  worker_affinity: notYet,
  worker_tolerations: notYet,
  default_execution_permission_set_refs: notYet,
  accesses_mcp: notYet,
  log_retention_policy: notYet,
  log_retention_limit: notYet,
  artifact_retention_policy: notYet,
  artifact_retention_limit: notYet,
};

export const aboutTrigger = {
  ref: 'pack.name of the trigger.',
  label: 'Name for people.',
  description: 'Which events it brings.',
  enabled: 'Whether its events are matched against rules.',
  parameters: 'What a rule can say in trigger_params: a map from names to definitions.',
  output: 'What the payload of its events looks like. Informs.',
  webhook: 'A webhook that brings such events.',
  tags: 'Words to find it by.',
};

export const aboutWebhook = {
  hmac: 'How a delivery proves where it comes from; none lets anyone send events.',
  dedup_header: 'Header whose value is the same for repeated deliveries of one event.',
};

export const aboutHmac = {
  header: 'Header with the signature of the raw body.',
  algorithm: 'Hash function of the signature.',
  prefix: 'What stands before the digits, such as sha256=.',
};

export const aboutRule = {
  ref: 'pack.name of the rule; the pack may be left out.',
  label: 'Name for people.',
  description: 'What it is for.',
  enabled: 'Whether it answers events.',
  trigger_ref: 'The trigger whose events it answers; the pack may be left out where it is the rule’s own.',
  trigger_params: 'What the trigger is told for this rule.',
  conditions: 'When it answers an event. Default: always.',
  action_ref: 'The action it starts; the pack may be left out where it is the rule’s own.',
  action_params: 'Parameters of the action; texts may hold templates that read the event.',
  permission_set_refs: notYet,
  permission_set_ref: notYet,
};
