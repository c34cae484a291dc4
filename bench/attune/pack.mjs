import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Tasks of a workflow that is measured, as in the studies whose figures stand beside ours. */
export const steps = 40;

/** Header of the signature of the trigger `bench.delivery`. */
export const signatureHeader = 'x-signature';

const action = (ref, more) => JSON.stringify({ ref, ...more });
const workflowAction = (ref, flow) => action(ref, { workflow_file: `workflows/${flow}.workflow.yaml` });

const oneAfterAnother = (action_ref) =>
  JSON.stringify({
    version: '1.0.0',
    tasks: Array.from({ length: steps }, (_, n) => ({
      name: `step_${n}`,
      action: action_ref,
      next: n + 1 === steps ? [] : [{ when: 'succeeded()', do: [`step_${n + 1}`] }],
    })),
  });

const items = JSON.stringify({
  version: '1.0.0',
  tasks: [{ name: 'each', action: 'core.noop', with_items: '{{ parameters.items }}', concurrency: 500 }],
});

const fibo = 'def fibo(n):\n    return n if n < 2 else fibo(n - 1) + fibo(n - 2)\n\n\n';

/** Actions that are processes of their own, and what the other cases need. */
const cold = {
  'pack.yaml': JSON.stringify({ ref: 'bench', version: '1.0.0' }),
  'actions/shell.yaml': action('bench.shell', { runner_type: 'shell', entry_point: 'shell.sh' }),
  'actions/shell.sh': 'true\n',
  'actions/python.yaml': action('bench.python', { runner_type: 'python', entry_point: 'python.py' }),
  'actions/python.py': 'pass\n',
  'actions/node.yaml': action('bench.node', { runner_type: 'nodejs', entry_point: 'node.mjs' }),
  'actions/node.mjs': '0;\n',
  'actions/fibo.yaml': action('bench.fibo', { runner_type: 'python', entry_point: 'fibo.py' }),
  'actions/fibo.py': `${fibo}print(fibo(10))\n`,
  'actions/sequence.yaml': workflowAction('bench.sequence', 'sequence'),
  'actions/workflows/sequence.workflow.yaml': oneAfterAnother('core.noop'),
  'actions/fibos.yaml': workflowAction('bench.fibos', 'fibos'),
  'actions/workflows/fibos.workflow.yaml': oneAfterAnother('bench.fibo'),
  'actions/items.yaml': workflowAction('bench.items', 'items'),
  'actions/workflows/items.workflow.yaml': items,
  'triggers/happened.yaml': JSON.stringify({ ref: 'bench.happened' }),
  'triggers/delivery.yaml': JSON.stringify({
    ref: 'bench.delivery',
    webhook: { hmac: { header: signatureHeader, algorithm: 'sha256', prefix: 'sha256=' } },
  }),
  'rules/on_happened.yaml': ruleOf('happened'),
  'rules/on_delivery.yaml': ruleOf('delivery'),
};

/** Actions that a process which is there already carries out. */
const warm = {
  'pack.yaml': JSON.stringify({ ref: 'warm', version: '1.0.0' }),
  'actions/python.yaml': action('warm.python', { runner_type: 'python', runner: 'warm', entry_point: 'python.py' }),
  'actions/python.py': 'def run(parameters, context):\n    return {}\n',
  'actions/node.yaml': action('warm.node', { runner_type: 'nodejs', runner: 'warm', entry_point: 'node.mjs' }),
  'actions/node.mjs': 'export const run = () => ({});\n',
  'actions/fibo.yaml': action('warm.fibo', { runner_type: 'python', runner: 'warm', entry_point: 'fibo.py' }),
  'actions/fibo.py': `${fibo}def run(parameters, context):\n    return {"fibo": fibo(10)}\n`,
  'actions/fibos.yaml': workflowAction('warm.fibos', 'fibos'),
  'actions/workflows/fibos.workflow.yaml': oneAfterAnother('warm.fibo'),
};

function ruleOf(trigger) {
  return JSON.stringify({
    ref: `bench.on_${trigger}`,
    trigger_ref: trigger,
    conditions: { expression: 'event.payload.level > 0' },
    action_ref: 'core.noop',
    action_params: { message: '{{ event.payload.note }}' },
  });
}

/** What an event of the two triggers says: its rule answers it. */
export const payload = { level: 1, note: '' };

/** Writes the packs as folders. @returns the folders, by the packs' refs. */
export async function writePacks(home) {
  const folders = {};
  for (const [ref, files] of Object.entries({ bench: cold, warm })) {
    folders[ref] = path.join(home, 'packs', ref);
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(folders[ref], name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, content);
    }
  }
  return folders;
}
