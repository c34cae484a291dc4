/** How much a problem matters: an error keeps a pack from being registered, a warning is right but perhaps not what was meant, and
 *  information is no fault at all. */
export type Severity = 'error' | 'warning' | 'info';

/** Every kind of thing that can be said of the files of a pack. The list is closed: what a code means, and how much it matters, never
 *  changes, so that editors and scripts may decide by it. docs/pack-check.md prints it with an example of each. */
export const problemCodes = {
  yaml_syntax: { severity: 'error', meaning: 'The file is not sound YAML.' },
  yaml_tab: { severity: 'error', meaning: 'A line is indented with a tab.' },
  yaml_indentation: { severity: 'error', meaning: 'A line begins in a column where nothing can begin.' },
  yaml_quotes: { severity: 'error', meaning: 'A text means something else to YAML and needs quotes.' },
  yaml_template: { severity: 'error', meaning: 'A value that begins with `{{` has no quotes.' },
  yaml_duplicate_key: { severity: 'error', meaning: 'A key stands twice in the same map.' },
  yaml_value: { severity: 'error', meaning: 'A value that YAML knows and JSON does not, or a file beyond the limits.' },

  unknown_key: { severity: 'error', meaning: 'A key that does not exist there.' },
  missing_key: { severity: 'error', meaning: 'A key that must be there is not.' },
  wrong_type: { severity: 'error', meaning: 'A value of the wrong type.' },
  wrong_value: { severity: 'error', meaning: 'A value of the right type that is not allowed.' },
  needs_quotes: { severity: 'error', meaning: 'A number or boolean where a text is wanted.' },
  unsupported: { severity: 'error', meaning: 'The format has it, and nothing carries it out yet.' },
  useless_key: { severity: 'warning', meaning: 'A key that does nothing where it stands.' },

  missing_file: { severity: 'error', meaning: 'A file that is named, or needed, is not in the pack.' },
  wrong_file: { severity: 'error', meaning: 'A file with a path, a size or a mode that it must not have.' },
  unread_file: { severity: 'error', meaning: 'A definition that nothing would read.' },
  foreign_ref: { severity: 'error', meaning: 'A definition whose ref belongs to another pack.' },
  duplicate_ref: { severity: 'error', meaning: 'Two definitions with one ref.' },
  unknown_ref: { severity: 'error', meaning: 'There is no such action or trigger.' },
  unchecked_ref: { severity: 'warning', meaning: 'An action or trigger of a pack that is not at hand.' },

  missing_parameter: { severity: 'error', meaning: 'A required parameter is not given.' },
  unknown_parameter: { severity: 'error', meaning: 'A parameter that the action or trigger does not have.' },
  wrong_parameter: { severity: 'error', meaning: 'A parameter that does not fit its definition.' },

  expression_syntax: { severity: 'error', meaning: 'A text that is not an expression.' },
  unknown_name: { severity: 'error', meaning: 'A variable, parameter, task or namespace that does not exist.' },
  unknown_function: { severity: 'error', meaning: 'A function that does not exist.' },
  wrong_arguments: { severity: 'error', meaning: 'Too few or too many arguments.' },
  wrong_operand: { severity: 'error', meaning: 'An operator or function that never takes what it is given.' },
  never_computes: { severity: 'error', meaning: 'An expression whose values can only lead to an error.' },
  constant_condition: { severity: 'warning', meaning: 'A condition that always, or never, holds.' },
  unknown_field: { severity: 'warning', meaning: 'A field that a result is not known to have.' },
  unrendered_template: {
    severity: 'warning',
    meaning: 'A text that looks like a template or an expression and stays as it stands.',
  },
  hidden_variable: { severity: 'warning', meaning: 'A variable whose bare name means something else.' },
  unset_variable: { severity: 'warning', meaning: 'A variable that is read before anything can have set it.' },

  reserved_name: { severity: 'error', meaning: 'A task with a name that means something else.' },
  duplicate_task: { severity: 'error', meaning: 'Two tasks of one name.' },
  unknown_task: { severity: 'error', meaning: 'A transition to a task that does not exist.' },
  join_too_large: { severity: 'error', meaning: 'A join that waits for more tasks than lead to it.' },
  join_never_met: { severity: 'warning', meaning: 'A join whose predecessors never all lead to it in one run.' },
  wrong_retry: { severity: 'error', meaning: 'A retry policy that contradicts itself.' },
  wrong_decision: { severity: 'error', meaning: 'An older `decision` that contradicts itself.' },
  wrong_items: { severity: 'warning', meaning: 'A `with_items` that can only give one item.' },
  unreachable_task: { severity: 'warning', meaning: 'A task that no run comes to.' },
  unmeant_entry: {
    severity: 'warning',
    meaning: 'A task of a loop that begins the run because nothing outside leads to it.',
  },
  visits_too_few: { severity: 'warning', meaning: 'A loop that `max_visits` lets run only once.' },
  repeated_task: { severity: 'warning', meaning: 'A task beside a loop that runs once for each iteration.' },
  secret_exposed: { severity: 'error', meaning: 'A secret that would go into a parameter that is not secret.' },
  loop: { severity: 'info', meaning: 'A transition that leads back: where the loop is, and which task is its head.' },
} as const satisfies Record<string, { severity: Severity; meaning: string }>;

export type ProblemCode = keyof typeof problemCodes;

export const severityOf = (code: ProblemCode): Severity => problemCodes[code].severity;
