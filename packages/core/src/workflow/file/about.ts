/** What each key of a workflow file means: editors show it beside the key. docs/workflows.md tells more. */

export const aboutWorkflow = {
  ref: 'pack.name of the action that starts the workflow. A graph file takes it from its action.',
  label: 'Name for people.',
  description: 'What it is for.',
  version: 'Version of the workflow; put quotes around one that looks like a number: "1.0".',
  parameters: 'What a run can be given: a map from names to definitions.',
  output: 'What the result looks like; informs.',
  vars: 'Variables to begin with: values as they stand, never rendered.',
  tasks: 'The tasks. Their order decides what starts first, and which task of a loop is its head.',
  output_map: 'Keys of the result, each a template.',
  tags: 'Words to find it by.',
  cancellation_policy: 'Whether a cancel lets running tasks finish, or stops them.',
  max_visits: 'Most runs of one task in one run of the workflow.',
};

export const aboutTask = {
  name: 'Name of the task, unique in the workflow.',
  type: 'Means nothing: a nested workflow is an action like any other.',
  action: 'pack.name of the action to run.',
  input: 'Parameters of the action, texts as templates; or inherit: the workflow’s own parameters.',
  when: 'Condition: where it is false the task is skipped.',
  with_items: 'Expression that gives a list: the action runs once for each item, seen as item and index in input.',
  batch_size: 'Hands so many items at a time to the action: item is a list then.',
  concurrency: 'Most items that run at one time: a number, or an expression. Default: all.',
  delay: 'Seconds to wait before the task starts.',
  join: 'How many different tasks must have led here: all, or a number. Default: it starts on the first.',
  retry: 'When and how often a failed attempt is made again.',
  timeout: 'Longest an attempt may run, in seconds. Default: the action’s own limit.',
  on_worker_lost: 'What becomes of an attempt whose worker was lost. Default: what the action says.',
  next: 'Transitions: evaluated in order when the task has ended; every one whose condition holds fires.',
  on_success: 'Older way to say a transition with when: succeeded().',
  on_failure: 'Older way to say a transition with when: failed().',
  on_complete: 'Older way to say a transition without a condition.',
  on_timeout: 'Older way to say a transition with when: timed_out().',
  decision: 'Older way to say several transitions.',
  publish: 'Older way to say what the transition on success publishes.',
  permission_set_refs: 'Not available in this version.',
  permission_set_ref: 'Not available in this version.',
  worker_selector: 'Not available in this version.',
  worker_affinity: 'Not available in this version.',
  worker_tolerations: 'Not available in this version.',
  tasks: 'Not available in this version.',
};

export const aboutTransition = {
  when: 'Condition, bare or in {{ }}: the transition fires where it holds. Default: always.',
  publish: 'Variables to set, entry by entry: a map from names to values, or a name that takes result().',
  do: 'Tasks to start, or a reserved target: noop (handled, nothing more), fail (the run fails).',
};

export const aboutBranch = {
  when: 'Condition of the branch.',
  next: 'Task to start.',
  default: 'Whether the branch needs no condition.',
};

export const aboutRetry = {
  count: 'Retries after the first attempt, 1 to 100.',
  delay: 'Seconds before a retry, which the backoff multiplies.',
  backoff: 'How the delay grows from one retry to the next.',
  max_delay: 'Longest wait in seconds.',
  on_error: 'Condition: a failed attempt is made again only where it holds.',
};
