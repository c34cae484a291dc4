import { readFile } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { projectRoot } from '../project-root.ts';
import { variable, type Terminal } from '../terminal.ts';

/** The server of this machine, as it tells about itself in its data folder. */
export interface LocalServer {
  /** Its data folder. */
  home: string;
  /** Undefined: it does not run. */
  url: string | undefined;
  /** Logs in its administrator; only the user that started it can read the file. */
  token: string | undefined;
}

/** Reads `server.json` and `cli-token.json` in ATTUNE_HOME, by default `.attune` in the project. */
export async function findLocalServer(terminal: Terminal): Promise<LocalServer> {
  const home = homeFolder(terminal);
  const [server, cli] = await Promise.all([
    readMember(join(home, 'server.json'), 'url'),
    readMember(join(home, 'cli-token.json'), 'token'),
  ]);
  return { home, url: server, token: cli };
}

function homeFolder(terminal: Terminal): string {
  const named = variable(terminal, 'ATTUNE_HOME');
  if (named === undefined) return join(projectRoot, '.attune');
  const path = named.startsWith('~/') ? join(terminal.userHome, named.slice(2)) : named;
  return isAbsolute(path) ? path : resolve(terminal.folder, path);
}

/** A member of a small JSON file; undefined where there is no such file, it may not be read, or it says something else. */
async function readMember(path: string, key: string): Promise<string | undefined> {
  try {
    const value = (JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>)[key];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
