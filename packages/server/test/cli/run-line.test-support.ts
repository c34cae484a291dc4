import { execFile } from 'node:child_process';
import { PassThrough, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { runProgram } from '@attune/cli';
import type { Ended, Site } from './attune.test-support.ts';

const shell = promisify(execFile);

/** Takes a line apart as a shell does: the arguments `attune` gets, and its standard input. */
async function parsed(line: string, folder: string): Promise<{ args: string[]; stdin: string }> {
  // by a descriptor of its own, for the line may send standard output to a file
  const spy = `exec 3>&1\nattune() { printf '%s\\0' "$@" >&3; printf '\\001' >&3; cat >&3; }`;
  const running = shell('sh', ['-c', `${spy}\n${line}`], { cwd: folder });
  running.child.stdin?.end();
  const [args = '', stdin = ''] = (await running).stdout.split('\u0001');
  return { args: args.split('\0').slice(0, -1), stdin };
}

/** Runs a line in this process: as the real command does, and a dozen times as quick as starting it. `all` is what a terminal shows:
 *  both streams, in the order they were written. */
export async function runLine(site: Site, line: string): Promise<Ended & { all: string }> {
  const { args, stdin } = await parsed(line, site.folder);
  const written = { stdout: '', stderr: '', all: '' };
  const capture = (name: 'stdout' | 'stderr') => {
    const stream = new PassThrough({ encoding: 'utf8' });
    return stream.on('data', (part: string) => {
      written[name] += part;
      written.all += part;
    });
  };
  const exit = await runProgram(
    {
      stdin: Readable.from([stdin]),
      stdout: capture('stdout'),
      stderr: capture('stderr'),
      env: site.env,
      folder: site.folder,
      userHome: site.folder,
      interrupted: new AbortController().signal,
    },
    args,
  );
  return { exit, ...written };
}
