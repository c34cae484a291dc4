import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, startLimitMs, type Ended, type Site } from './attune.test-support.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
  await site.write({
    'tide/pack.yaml':
      'ref: tide\nversion: 1.0.0\nconf_schema:\n  station: { type: string, required: true }\n  port: { type: integer, default: 80 }\n  api_key: { type: string, secret: true, required: true }\n',
    'secret.txt': 'canary\n',
    'secret.json': '{"deep": [9007199254740993]}',
  });
  await done('pack register tide');
}, startLimitMs);
afterAll(async () => {
  await site[Symbol.asyncDispose]();
});

const run = (line: string, stdin?: string): Promise<Ended> =>
  site.run(line.split(' '), stdin === undefined ? {} : { stdin });

async function done(line: string, stdin?: string): Promise<string> {
  const { exit, stdout, stderr } = await run(line, stdin);
  if (exit !== 0) throw new Error(`attune ${line} ended with ${exit}: ${stderr}`);
  return stdout;
}

test('a key is set from a file or standard input, listed and shown without its value, decrypted and deleted', async () => {
  expect(await done('key set token --file secret.txt --owner pack:tide')).toBe('Key token of pack tide is set\n');
  expect(await done('key list --owner pack:tide')).toMatch(/^NAME +OWNER +ENCRYPTED +UPDATED\ntoken +pack:tide +yes/);
  const shown = await done('key show token --owner pack:tide');
  expect(shown).toContain('(--decrypt shows it)');
  expect(shown).not.toContain('canary');
  expect(await done('key show token --owner pack:tide --decrypt')).toMatch(/value +canary\n/);
  expect(await done('key set token --stdin --owner pack:tide', 'another')).toBe('Key token of pack tide is set\n');
  expect(await site.json(['key', 'show', 'token', '--owner', 'pack:tide', '--decrypt'])).toMatchObject({
    value: 'another',
  });
  expect(await done('key delete token --owner pack:tide')).toBe('Key token of pack tide is deleted\n');
  expect(await run('key show token --owner pack:tide')).toMatchObject({
    exit: 4,
    stderr: "error: There is no key 'token' of pack tide; 'attune key list' shows all\n",
  });
});

test('a value is a text unless it is said to be JSON, and keeps its digits', async () => {
  await done('key set text --file secret.json');
  expect(await done('key show text --decrypt -o json')).toContain('"value": "{\\"deep\\": [9007199254740993]}"');
  await done('key set text --file secret.json --as-json');
  expect(await done('key show text --decrypt -o json')).toContain('9007199254740993');
  expect(await run('key set text --stdin --as-json', '{canary')).toMatchObject({
    exit: 2,
    stderr: 'error: The value of text is not JSON; a text needs quotes\n',
  });
});

test('a secret is no argument; a plain value may be one, and is shown', async () => {
  const { exit, stderr } = await run('key set open canary');
  expect([exit, stderr]).toEqual([2, expect.stringMatching(/^error: A secret must not be an argument: .*--stdin/)]);
  await done('key set open eu-1 --plain');
  expect(await done('key show open')).toMatch(/value +eu-1\n/);
  expect(await run('key set open')).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining('give the value with --stdin or --file') as string,
  });
});

test("one has keys of one's own", async () => {
  await done('key set mine --owner me --stdin', 'x');
  expect(await done('key list --owner me')).toMatch(/\nmine +identity:admin +yes/);
  await done('key set mine --owner me --stdin', 'y');
  expect(await site.json(['key', 'show', 'mine', '--owner', 'identity:admin', '--decrypt'])).toMatchObject({
    value: 'y',
  });
});

test.for([
  ['--owner pack', 2],
  ['--owner system:x', 2],
  ['--owner group:x', 2],
  ['--owner pack:nothing', 4],
] as const)('%s is refused', async ([owner, exit]) => {
  expect((await run(`key set x --stdin ${owner}`, 'x')).exit).toBe(exit);
});

test('a name that none can have is refused with what was expected', async () => {
  const { exit, stderr } = await run('key set API_KEY --stdin', 'x');
  expect([exit, stderr]).toEqual([2, expect.stringContaining('/name: expected a name of a-z 0-9 _ -')]);
});

test('a pack is configured value by value; secrets come by file and are masked', async () => {
  expect(await done('pack config show tide')).toContain('missing   api_key, station');
  await done('pack config set tide station 12');
  await done('pack config set tide port 8080');
  await done('pack config set tide api_key --file secret.txt');
  const shown = await done('pack config show tide');
  expect(shown).toMatch(/set +(?=.*station)(?=.*port)(?=.*api_key)/);
  expect(shown).toContain('station: "12"');
  expect(shown).toContain('port: 8080');
  expect(shown).toContain('api_key: (secret)');
  expect(shown).not.toContain('canary');
  expect(await run('pack config set tide api_key canary')).toMatchObject({
    exit: 2,
    stderr: expect.stringMatching(/^error: "api_key" is secret and must not be an argument/) as string,
  });
  const wrong = await run('pack config set tide prot 1');
  expect([wrong.exit, wrong.stderr]).toEqual([2, expect.stringContaining('Did you mean "port"?')]);
  expect((await run('pack config set tide port x')).stderr).toContain('"port" must be an integer');
  expect(await done('pack config unset tide station port')).toContain('port: 80');
});

test('a version that does not accept the configuration is refused, and forgets it where it is forced', async () => {
  await done('pack config set tide port 8080');
  await site.write({ 'tide/pack.yaml': 'ref: tide\nversion: 2.0.0\nconf_schema: { port: { type: string } }\n' });
  const refused = await run('pack register tide');
  expect([refused.exit, refused.stderr]).toEqual([5, expect.stringContaining('/config/port: "port" must be a string')]);
  const forced = await run('pack register tide --force');
  expect([forced.exit, forced.stderr]).toEqual([0, 'warning: configured values were forgotten: port\n']);
});
