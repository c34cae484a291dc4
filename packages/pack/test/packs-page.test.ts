import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  builtinNames,
  checkFiles,
  formatProblem,
  loadPack,
  nothingKnown,
  plainMode,
  type ActionDefinition,
  type Known,
  type PackFile,
  type PackFiles,
} from '@attune/core';
import { readPackFolder } from '../src/read-folder.ts';
import { materialisePack } from '../src/materialise.ts';
import { projectRoot, runAction, runScript } from './run-action.ts';

const page = readFileSync(`${projectRoot}docs/packs.md`, 'utf8');

/** The code blocks of the page that begin with `# path`, as the files of a pack. */
const pageFiles: PackFiles = new Map(
  [...page.matchAll(/```(?:yaml|python)\n# (\S+)\n([\s\S]*?)```/g)].map(
    ([, path = '', text = '']): [string, PackFile] => [path, { content: Buffer.from(text), mode: plainMode }],
  ),
);

const loaded = (files: PackFiles, known?: Known) => {
  const { pack, problems } = loadPack(files, known);
  expect(problems.map(formatProblem)).toEqual([]);
  if (pack === undefined) throw new Error('A pack without problems was not loaded');
  return pack;
};

const core = loaded(await readPackFolder(`${projectRoot}packs/core`));
const knowingCore: Known = {
  ...nothingKnown,
  action: (ref) => core.actions.find((action) => action.ref === ref),
  refs: (kind) => (kind === 'action' ? core.actions.map(({ ref }) => ref) : []),
};

test('the pack on the page loads as it stands there', () => {
  const pack = loaded(pageFiles, knowingCore);
  expect(pack.actions.map(({ ref }) => ref)).toEqual(['tide.forecast', 'tide.level', 'tide.watch']);
  expect(pack.workflows.map(({ ref }) => ref)).toEqual(['tide.watch']);
  expect(pack.triggers.map(({ ref }) => ref)).toEqual(['tide.flood']);
  expect(pack.rules.map(({ ref }) => ref)).toEqual(['tide.log_north', 'tide.on_flood']);
});

test('the program on the page runs as it stands there', async () => {
  const home = await mkdtemp(join(tmpdir(), 'attune-page-'));
  try {
    await materialisePack(join(home, 'tide'), pageFiles);
    const { data } = await runScript(join(home, 'tide'), 'actions/level.py', { station: 'north-pier', unit: 'ft' });
    expect(data).toEqual({ station: 'north-pier', level: 4.1 });
  } finally {
    await rm(home, { recursive: true });
  }
});

test('the core pack has the actions of the page, with a built-in for each that has no file', () => {
  const onPage = [...page.matchAll(/^\| `(core\.\w+)` \|/gm)].map(([, ref]) => ref);
  expect(core.actions.map(({ ref }) => ref).sort()).toEqual(onPage.sort());
  const builtins = core.actions.flatMap(
    ({ entry_point }: ActionDefinition) => /^builtin:(.*)$/.exec(entry_point ?? '')?.[1] ?? [],
  );
  expect(builtins.sort()).toEqual([...builtinNames].sort());
});

test('the page names the parameters of each core action', () => {
  for (const { ref, parameters } of core.actions) {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${ref}\``)) ?? '';
    for (const name of Object.keys(parameters ?? {})) expect(row).toContain(`\`${name}\``);
  }
});

test('the GitHub example loads beside the core pack', async () => {
  const github = loaded(await readPackFolder(`${projectRoot}packs/examples/github`), knowingCore);
  expect(github.rules.map(({ ref, action_ref }) => [ref, action_ref])).toEqual([
    ['github.on_push_default', 'github.process_push'],
    ['github.on_report_ready', 'core.echo'],
  ]);
  expect(github.workflows[0]?.tasks).toHaveLength(7);
  for (const action of github.actions) {
    if (action.workflow_file === null) expect(action.on_worker_lost).toBe('restart');
  }
});

test('what the example scripts answer has the keys their actions promise', async () => {
  const { exit_code, data } = await runAction('examples/github/actions/weigh_change.mjs', {
    kinds: { code: 4 },
    commits: 1,
  });
  expect({ exit_code, data }).toEqual({ exit_code: 0, data: { weight: 'medium', points: 13 } });
});

test('the limits on the page are those of the code', () => {
  expect(page).toContain('10,000 files, 50 MiB a file, 100 MiB in all');
  expect(checkFiles(new Map([['a', { content: new Uint8Array(52_428_800), mode: plainMode }]]))).toEqual([]);
  expect(checkFiles(new Map([['a', { content: new Uint8Array(52_428_801), mode: plainMode }]]))).toHaveLength(1);
});
