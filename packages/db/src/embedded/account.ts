import { AttuneError } from '@attune/core';
import { spawn } from 'node:child_process';
import { chown, lstat, readdir } from 'node:fs/promises';
import path from 'node:path';

/** Under which account PostgreSQL runs. It refuses to run as root. */
export type Account =
  /** The account that we have; it is not root. */
  | { kind: 'own' }
  /** Root that looks like `nobody` from inside a user namespace: files stay root's, so folders only root may enter do no harm. */
  | { kind: 'namespace'; command: Command }
  /** Where user namespaces are forbidden: really `nobody`, who must be able to enter every folder on the way. */
  | { kind: 'nobody'; uid: number; gid: number };

/** A program that becomes the one named after its arguments. */
interface Command {
  file: string;
  args: readonly string[];
}

const nobody = 65534;
const unshare: Command = { file: 'unshare', args: ['--user', `--map-user=${nobody}`, `--map-group=${nobody}`, '--'] };

export async function chooseAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return { kind: 'own' };
  if (await succeeds({ ...unshare, args: [...unshare.args, 'true'] })) return { kind: 'namespace', command: unshare };
  return { kind: 'nobody', uid: nobody, gid: nobody };
}

/** Gives a tree to the account, where another one owned it before. */
export async function handOver(account: Account, folder: string): Promise<void> {
  if (account.kind === 'own') return;
  const [uid, gid] = account.kind === 'nobody' ? [account.uid, account.gid] : [0, 0];
  if ((await lstat(folder)).uid === uid) return;
  const entries = await readdir(folder, { recursive: true });
  for (const entry of entries) await chown(path.join(folder, entry), uid, gid);
  // the folder itself last: an interrupted hand-over is then taken up again
  await chown(folder, uid, gid);
}

/** @throws AttuneError `configuration` where the account cannot enter the folder. */
export async function assertEnterable(account: Account, folder: string): Promise<void> {
  if (account.kind !== 'nobody') return;
  for (let at = folder; ; at = path.dirname(at)) {
    if (((await lstat(at)).mode & 0o001) === 0) {
      throw new AttuneError(
        'configuration',
        `Attune runs as root, PostgreSQL refuses to, user namespaces are forbidden here, and the user nobody cannot enter ${at}. Start Attune as an ordinary user, set ATTUNE_HOME to a folder that others may enter, or set DATABASE_URL.`,
      );
    }
    if (at === path.dirname(at)) return;
  }
}

const succeeds = ({ file, args }: Command): Promise<boolean> =>
  new Promise((resolve) => {
    const child = spawn(file, args, { stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
