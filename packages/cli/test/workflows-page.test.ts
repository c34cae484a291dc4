import { runProgram, type Terminal } from '@attune/cli';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';

const path = join(import.meta.dirname, '..', '..', '..', 'docs', 'workflows.md');
const page = readFileSync(path, 'utf8');

/** The blocks that begin with `# path`: files that the page's commands find in their folder. */
const files = [...page.matchAll(/```yml\n# (\S+)\n([\s\S]*?)```/g)].map(([, name = '', text = '']) => ({ name, text }));

/** A command that needs no server, and what the page shows of it. */
const commands = [...page.matchAll(/```shell\n\$ attune (.*)\n([\s\S]*?)```/g)].map(
  ([block, line = '', shown = '']) => ({
    block,
    line,
    shown,
  }),
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-page-'));
  for (const { name, text } of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function attune(line: string): Promise<string> {
  const written: string[] = [];
  const stream = new PassThrough({ encoding: 'utf8' }).on('data', (part: string) => written.push(part));
  const terminal: Terminal = {
    stdin: Readable.from([]),
    stdout: stream,
    stderr: stream,
    env: {},
    folder,
    userHome: folder,
    interrupted: new AbortController().signal,
  };
  await runProgram(terminal, line.split(' '));
  return written.join('');
}

test('there are files and commands on the page', () => {
  expect(files.map(({ name }) => name)).toContain('results.yaml');
  expect(commands.length).toBeGreaterThan(1);
});

test.each(commands)('attune $line', async ({ block, line, shown }) => {
  const output = await attune(line);
  if (process.env['ATTUNE_PRINT_DOCS'] === '1') {
    const text = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      text.replace(block, () => `\`\`\`shell\n$ attune ${line}\n${output}\`\`\``),
    );
  } else expect(output).toBe(shown);
});

test('the page names every key of the JSON answer', async () => {
  const simulation = JSON.parse(await attune('workflow simulate --dir probe --results results.yaml -o json')) as {
    steps: object[];
  };
  const table = /<!-- simulation -->([\s\S]*?)<!-- end -->/.exec(page)?.[1] ?? '';
  const named = [...table.matchAll(/^\| ((?:`[\w.[\]]+`(?:, )?)+) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, key]) => key),
  );
  expect(named.filter((key) => !key?.startsWith('steps[]')).sort()).toEqual(Object.keys(simulation).sort());
  const inSteps = named.flatMap((key) => /^steps\[\]\.(.*)$/.exec(key ?? '')?.[1] ?? []);
  const keys = new Set(simulation.steps.flatMap((step) => Object.keys(step)));
  for (const key of inSteps) expect(keys).toContain(key);
});
