/** Where keys belong that authors write at another level by mistake. */

const aTransition = 'a transition: "next: [{ when: ..., do: [...] }]"';
const aRetry = '"retry"';
const aTask = 'the task, beside "next"';

export const outsideTask = {
  do: aTransition,
  count: aRetry,
  backoff: aRetry,
  max_delay: aRetry,
  on_error: aRetry,
  parameters: '"input"',
  vars: 'the workflow, beside "tasks"',
  output_map: 'the workflow, beside "tasks"',
};

export const outsideTransition = {
  action: aTask,
  input: aTask,
  join: aTask,
  retry: aTask,
  timeout: aTask,
  delay: aTask,
  with_items: aTask,
  next: 'a task; a transition names its tasks in "do"',
};

export const outsideWorkflow = {
  input: 'a task',
  next: 'a task',
  join: 'a task',
  retry: 'a task',
  publish: 'a transition of a task',
};
