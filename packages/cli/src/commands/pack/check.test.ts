import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { runProgram } from '../../program.ts';
import { testTerminal } from '../../terminal.test-support.ts';

async function checked(
  packs: Record<string, Record<string, string>>,
  args: string[],
): Promise<{ exit: number; stdout: string; stderr: string }> {
  await using terminal = await testTerminal();
  for (const [pack, files] of Object.entries(packs)) {
    for (const [path, text] of Object.entries(files)) {
      const file = join(terminal.folder, pack, path);
      await mkdir(dirname(file), { recursive: true });
      if (text.startsWith('-> ')) await symlink(text.slice(3), file);
      else await writeFile(file, text);
    }
  }
  const exit = await runProgram(terminal, ['pack', 'check', ...args]);
  return { exit, stdout: terminal.written.stdout(), stderr: terminal.written.stderr() };
}

const sound = {
  'pack.yaml': 'ref: tide\nversion: 1.0.0\n',
  'actions/level.yaml': 'ref: tide.level\nentry_point: level.sh\nparameters: { station: { type: string } }\n',
  'actions/level.sh': 'echo',
};
const rule = (trigger: string, action: string): string =>
  `ref: r\ntrigger_ref: ${trigger}\naction_ref: ${action}\naction_params: { message: hello }\n`;

test('a sound pack has nothing to say, and exit code 0', async () => {
  expect(await checked({ tide: sound }, ['tide'])).toEqual({ exit: 0, stdout: '0 errors, 0 warnings\n', stderr: '' });
});

test('errors stand with their places, in a path from here, and exit code 1', async () => {
  const files = { ...sound, 'pack.yaml': 'ref: tide\nversion: 1.0\n', 'rules/r.yaml': rule('tide.flod', 'core.ecko') };
  const { exit, stdout } = await checked({ 'my/tide': files }, ['my/tide']);
  expect(exit).toBe(1);
  expect(stdout.split('\n')).toEqual([
    'my/tide/pack.yaml:2:10: error: "version" must be a semantic version such as 1.0.0, not the number 1; put quotes around it: "1.0" [needs_quotes]',
    'my/tide/rules/r.yaml:2:14: error: There is no trigger tide.flod. [unknown_ref]',
    'my/tide/rules/r.yaml:3:13: error: There is no action core.ecko. Did you mean "core.echo"? [unknown_ref]',
    '3 errors, 0 warnings',
    '',
  ]);
});

test('what another pack has is only known where its folder is given; the core pack is at hand', async () => {
  const other = { 'pack.yaml': 'ref: sea\nversion: 1.0.0\n', 'triggers/flood.yaml': 'ref: sea.flood\n' };
  const files = { ...sound, 'rules/r.yaml': rule('sea.flood', 'core.echo') };
  const alone = await checked({ tide: files }, ['tide']);
  expect(alone.exit).toBe(0);
  expect(alone.stdout).toBe(
    'tide/rules/r.yaml:2:14: warning: The pack sea is not at hand, so nobody knows whether it has the trigger sea.flood. [unchecked_ref]\n' +
      '0 errors, 1 warning\n',
  );
  const together = await checked({ tide: files, sea: other }, ['tide', '--pack', 'sea']);
  expect(together).toMatchObject({ exit: 0, stdout: '0 errors, 0 warnings\n' });
  const wrong = await checked({ tide: { ...sound, 'rules/r.yaml': rule('sea.ebb', 'core.echo') }, sea: other }, [
    'tide',
    '--pack',
    'sea',
  ]);
  expect(wrong.exit).toBe(1);
});

test('for editors it is a JSON list', async () => {
  const { exit, stdout } = await checked(
    { tide: { ...sound, 'rules/r.yaml': rule('tide.x', 'tide.level').replace('message: hello', 'station: 5') } },
    ['tide', '--json'],
  );
  expect(exit).toBe(1);
  expect(JSON.parse(stdout)).toEqual([
    {
      file: 'tide/rules/r.yaml',
      line: 2,
      column: 14,
      end_line: 2,
      end_column: 20,
      severity: 'error',
      code: 'unknown_ref',
      message: 'There is no trigger tide.x.',
      pointer: '/trigger_ref',
    },
    {
      file: 'tide/rules/r.yaml',
      line: 4,
      column: 27,
      end_line: 4,
      end_column: 28,
      severity: 'error',
      code: 'wrong_parameter',
      message: '"station" must be a string, not the number 5',
      pointer: '/action_params/station',
    },
  ]);
});

test('a link in the folder is an error like any other; a folder that is not there is not', async () => {
  const { exit, stdout } = await checked({ tide: { ...sound, 'lib/x': '-> /etc/passwd' } }, ['tide']);
  expect([exit, stdout]).toEqual([
    1,
    'tide/lib/x:1:1: error: A pack must not contain links [wrong_file]\n1 error, 0 warnings\n',
  ]);
  expect(await checked({}, ['nowhere'])).toMatchObject({ exit: 4, stdout: '' });
  expect(await checked({ tide: sound, sea: { 'README.md': '' } }, ['tide', '--pack', 'sea'])).toMatchObject({
    exit: 4,
  });
});

test('the schema of a kind of file can be printed, and the kinds be listed', async () => {
  await using terminal = await testTerminal();
  expect(await runProgram(terminal, ['pack', 'schema', 'trigger'])).toBe(0);
  expect(JSON.parse(terminal.written.stdout())).toMatchObject({ $id: 'urn:attune:schema:trigger', required: ['ref'] });
  await using other = await testTerminal();
  expect(await runProgram(other, ['pack', 'schema'])).toBe(0);
  expect(other.written.stdout()).toContain('rules/*.yaml');
  await using wrong = await testTerminal();
  expect(await runProgram(wrong, ['pack', 'schema', 'actoin'])).toBe(2);
  expect(wrong.written.stderr()).toContain('Allowed choices are pack, action');
});
