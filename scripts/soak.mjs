// npm run soak [-- --minutes 20 --rate 10]: mixed load on real processes, and a look at what they hold all the while. Memory, open
// handles, processes and files must not grow: it fails where the last third is above the first by more than the margins below.
import { spawn } from 'node:child_process';
import { mkdtempSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ensureBuilt, requireNode, root } from './lib.mjs';

requireNode();
if (process.platform !== 'linux') {
  console.error('The soak reads /proc, so it needs Linux.');
  process.exit(2);
}
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '20' }, rate: { type: 'string', default: '10' } },
});
const seconds = Number(values.minutes) * 60;
const perSecond = Number(values.rate);
if (!(seconds > 0) || !(perSecond > 0)) {
  console.error('--minutes and --rate take numbers above 0; the rate is rounds of load per second');
  process.exit(2);
}
await ensureBuilt();

/** By how much the median of the last third may be above that of the first: a share of it, and some more. */
const margins = {
  memory_mb: { share: 0.15, plus: 30, what: 'memory, MB' },
  handles: { share: 0.1, plus: 8, what: 'open handles' },
  processes: { share: 0.1, plus: 3, what: 'processes below' },
  files: { share: 0.1, plus: 20, what: 'temporary files' },
};
/** What is looked at before is not counted: caches fill, and the compiler warms up. */
const warmUpShare = 0.25;

const home = mkdtempSync(join(tmpdir(), 'attune-soak-'));
const temporary = join(home, 'tmp');
mkdirSync(temporary);
const processes = new Map();
const start = (name, services, env = {}) => {
  const child = spawn(process.execPath, [join(root, 'packages', 'server', 'bin', 'attune-server.mjs'), ...services], {
    env: { ...process.env, ATTUNE_HOME: home, ATTUNE_PORT: '0', ATTUNE_LOG_LEVEL: 'warn', TMPDIR: temporary, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (data) => (errors = (errors + data).slice(-4_000)));
  processes.set(name, { child, errors: () => errors });
  return child;
};

const until = async (what, ask, ms = 120_000) => {
  for (const end = performance.now() + ms; performance.now() < end; await pause(100)) {
    const answer = await ask().catch(() => undefined);
    if (answer) return answer;
  }
  throw new Error(`Waited in vain until ${what}`);
};

const samples = [];
let failed = false;
try {
  start('api', ['api', 'notifier', 'supervisor', 'executor']);
  const server = await until('the API is there', async () =>
    JSON.parse(readFileSync(join(home, 'server.json'), 'utf8')),
  );
  start('executor', ['executor']);
  start('worker 1', ['worker'], { ATTUNE_WORKER_NAME: 'soak-1' });
  start('worker 2', ['worker'], { ATTUNE_WORKER_NAME: 'soak-2' });
  const { token } = JSON.parse(readFileSync(join(home, 'cli-token.json'), 'utf8'));
  const call = async (method, path, body) => {
    const response = await fetch(server.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return text;
  };
  await until('work can be done', () => call('GET', '/health'));
  await call('POST', '/api/v1/packs/register', { files: packFiles() });

  const counts = { asked: 0, refused: 0 };
  const ask = (path, body) => {
    counts.asked += 1;
    return call('POST', path, body).catch(() => (counts.refused += 1));
  };
  const execute = (action_ref, parameters = {}) => ask('/api/v1/executions', { action_ref, parameters });
  const round = (n) => {
    void execute('core.echo', { message: 'x'.repeat(n % 50 === 0 ? 100_000 : 100) });
    void ask('/api/v1/events', { trigger_ref: 'soak.rung', payload: { n } });
    if (n % 3 === 0) void execute(['soak.shell', 'soak.python', 'soak.node'][(n / 3) % 3]);
    if (n % 10 === 0) void execute('soak.flow', { size: 5 + (n % 7) });
    if (n % 25 === 0) void execute('soak.fails');
  };

  const began = performance.now();
  let looked = 0;
  for (let n = 0; performance.now() - began < seconds * 1_000; n += 1) {
    round(n);
    const at = (performance.now() - began) / 1_000;
    if (at >= looked) {
      samples.push({ at, ...look() });
      looked = at + Math.max(0.5, seconds / 240);
    }
    for (const [name, { child, errors }] of processes) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${name} has ended:\n${errors()}`);
    }
    await pause(Math.max(0, began + ((n + 1) * 1_000) / perSecond - performance.now()));
  }
  const metrics = await call('GET', '/metrics');
  const told = (name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1] ?? 0);
  console.log(
    `${counts.asked} requests, ${counts.refused} refused, in ${Math.round(seconds)} s; ${samples.length} looks`,
  );
  console.log(`orphans ${told('attune_orphans')}, leases lost ${told('attune_leases_lost_total')}`);
  failed = !compare(samples);
} finally {
  for (const { child } of [...processes.values()].reverse()) child.kill('SIGTERM');
  await Promise.all(
    [...processes.values()].map(({ child }) =>
      child.exitCode !== null || child.signalCode !== null ? undefined : new Promise((end) => child.once('close', end)),
    ),
  );
  rmSync(home, { recursive: true, force: true, maxRetries: 10 });
}
process.exit(failed ? 1 : 0);

/** What each process holds now, and the files of all. */
function look() {
  const parents = parentsOfAll();
  const of = {};
  for (const [name, { child }] of processes) {
    const status = read(`/proc/${child.pid}/status`);
    of[name] = {
      memory_mb: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024,
      handles: entries(`/proc/${child.pid}/fd`).length,
      processes: [...parents.keys()].filter((pid) => isBelow(pid, child.pid, parents)).length,
    };
  }
  const files = entries(temporary, true).length + entries(join(home, 'worker'), true).length;
  return { of, files };
}

function parentsOfAll() {
  const parents = new Map();
  for (const pid of entries('/proc').filter((name) => /^\d+$/.test(name))) {
    const parent = /^\d+ \(.*\) \S (\d+)/s.exec(read(`/proc/${pid}/stat`))?.[1];
    if (parent !== undefined) parents.set(Number(pid), Number(parent));
  }
  return parents;
}

function isBelow(pid, above, parents) {
  for (let at = parents.get(pid); at !== undefined && at > 1; at = parents.get(at)) if (at === above) return true;
  return false;
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function entries(folder, recursive = false) {
  try {
    return readdirSync(folder, { recursive });
  } catch {
    return [];
  }
}

/** Prints the first and the last third side by side. */
function compare(all) {
  const counted = all.slice(Math.floor(all.length * warmUpShare));
  const third = Math.max(1, Math.floor(counted.length / 3));
  const [first, last] = [counted.slice(0, third), counted.slice(-third)];
  const rows = [];
  const row = (name, kind, valueOf) => {
    const { share, plus, what } = margins[kind];
    const [before, after, most] = [
      median(first.map(valueOf)),
      median(last.map(valueOf)),
      Math.max(...counted.map(valueOf)),
    ];
    const limit = before * (1 + share) + plus;
    rows.push([
      name,
      what,
      before.toFixed(0),
      after.toFixed(0),
      most.toFixed(0),
      limit.toFixed(0),
      after > limit ? 'GROWS' : 'ok',
    ]);
  };
  for (const name of processes.keys()) {
    for (const kind of ['memory_mb', 'handles', 'processes']) row(name, kind, (sample) => sample.of[name][kind]);
  }
  row('all', 'files', (sample) => sample.files);
  const table = [['process', 'what', 'first third', 'last third', 'most', 'limit', ''], ...rows];
  const widths = table[0].map((_, column) => Math.max(...table.map((one) => one[column].length)));
  for (const one of table)
    console.log(
      one
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
  return rows.every((one) => one.at(-1) === 'ok');
}

function median(numbers) {
  return numbers.sort((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

function packFiles() {
  const texts = {
    'pack.yaml': 'ref: soak\nversion: 1.0.0\n',
    'triggers/rung.yaml': 'ref: soak.rung\n',
    'rules/answer.yaml': 'ref: soak.answer\ntrigger_ref: soak.rung\naction_ref: core.noop\n',
    'actions/shell.yaml': 'ref: soak.shell\nentry_point: shell.sh\n',
    'actions/shell.sh': 'echo "$ATTUNE_EXEC_ID"; head -c 20000 /dev/zero | tr "\\\\0" x; mktemp >/dev/null\n',
    'actions/python.yaml': 'ref: soak.python\nrunner_type: python\nentry_point: python.py\n',
    'actions/python.py': 'import tempfile\nprint(sum(range(10000)))\ntempfile.mkstemp()\n',
    'actions/node.yaml': 'ref: soak.node\nrunner_type: nodejs\nentry_point: node.mjs\n',
    'actions/node.mjs': 'console.log(JSON.stringify({ ok: true }));\n',
    'actions/fails.yaml': 'ref: soak.fails\nentry_point: fails.sh\n',
    'actions/fails.sh': 'echo no >&2; exit 3\n',
    'actions/flow.yaml':
      'ref: soak.flow\nworkflow_file: workflows/flow.workflow.yaml\nparameters: { size: { type: integer, default: 5 } }\n',
    'actions/workflows/flow.workflow.yaml': `version: 1.0.0
tasks:
  - name: first
    action: core.echo
    input: { message: "{{ parameters.size }}" }
    next: [ { do: [each] } ]
  - name: each
    action: core.echo
    with_items: "{{ range(parameters.size) }}"
    input: { message: "{{ item }}" }
    next: [ { do: [tried] } ]
  - name: tried
    action: soak.fails
    retry: { count: 1, delay: 1 }
    next: [ { when: failed(), do: [last] } ]
  - { name: last, action: soak.shell }
`,
  };
  return Object.entries(texts).map(([path, text]) => ({
    path,
    mode: 0o644,
    content_base64: Buffer.from(text).toString('base64'),
  }));
}
