import { around } from './examples.ts';

/** A pack of many workflows, each of which has `tasks` tasks in a row with side branches, joins, loops, conditions, templates and retries. */
export function largePack(workflows: number, tasks: number): Record<string, string> {
  const files: Record<string, string> = { ...around };
  for (let workflow = 0; workflow < workflows; workflow += 1) {
    const name = `w${workflow}`;
    files[`actions/${name}.yaml`] = [
      `ref: tide.${name}`,
      `workflow_file: workflows/${name}.workflow.yaml`,
      'parameters:',
      '  station: { type: string, required: true }',
      '  limit: { type: integer, default: 3 }',
    ].join('\n');
    files[`actions/workflows/${name}.workflow.yaml`] = [
      'version: 1.0.0',
      'vars: { tries: 0, level: null }',
      'tasks:',
      ...Array.from({ length: tasks }, (_, task) => taskLines(task, tasks)).flat(),
    ].join('\n');
  }
  return files;
}

function taskLines(task: number, tasks: number): string[] {
  const target = (steps: number): string => (task + steps < tasks ? `t${task + steps}` : 'noop');
  return [
    `  - name: t${task}`,
    '    action: tide.level',
    ...(task % 10 === 5 ? ['    join: 1'] : []),
    '    retry: { count: 3, delay: 5, backoff: exponential, max_delay: 60 }',
    '    input:',
    '      station: "{{ parameters.station }}-{{ string(tries + 1) }}"',
    '      unit: m',
    '    next:',
    '      - when: succeeded() and result().level > 3 and tries < parameters.limit',
    `        publish: [{ tries: "{{ tries + 1 }}", level: "{{ result().level }}" }]`,
    `        do: [${target(1)}, ${target(3)}]`,
    '      - when: succeeded() and not (result().level > 3)',
    `        do: [${target(2)}]`,
    `      - { when: failed() or timed_out(), do: [${task % 20 === 10 ? `t${task - 5}` : 'noop'}] }`,
  ];
}
