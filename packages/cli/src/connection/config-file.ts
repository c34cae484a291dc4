import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AttuneError } from '@attune/core';
import { parse, stringify } from 'yaml';
import { variable, type Terminal } from '../terminal.ts';
import { withLock } from './lock.ts';

/** A server and who we are there. */
export interface Profile {
  api_url: string;
  username?: string;
  auth_token?: string;
  refresh_token?: string;
}

/** `config.yaml` of the user: `profile` names the one in use. Holds tokens, so it is written with mode 0600. */
export interface ConfigFile {
  profile: string;
  profiles: Record<string, Profile>;
}

export const defaultProfile = 'default';

/** `$XDG_CONFIG_HOME/attune/config.yaml`, where that is not set `~/.config/attune/config.yaml`. */
export const configPath = (terminal: Terminal): string =>
  join(variable(terminal, 'XDG_CONFIG_HOME') ?? join(terminal.userHome, '.config'), 'attune', 'config.yaml');

/** Reads the user's configuration; a file that does not exist is an empty one.
 *  @throws AttuneError configuration, naming the file. */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { profile: defaultProfile, profiles: {} };
    throw new AttuneError('configuration', `Cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
  try {
    return checked((parse(text) ?? {}) as unknown);
  } catch (error) {
    throw new AttuneError(
      'configuration',
      `${path}: ${(error as Error).message}. Correct it, or remove it and log in again`,
      {
        cause: error,
      },
    );
  }
}

/** Changes the configuration; two commands at once take turns, and no reader meets half of it. */
export function changeConfigFile(path: string, change: (config: ConfigFile) => ConfigFile): Promise<ConfigFile> {
  return withConfigLock(path, async () => {
    const config = change(await readConfigFile(path));
    await writeConfigFile(path, config);
    return config;
  });
}

export const withConfigLock = async <T>(path: string, body: () => Promise<T>): Promise<T> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  return withLock(`${path}.lock`, body);
};

export async function writeConfigFile(path: string, config: ConfigFile): Promise<void> {
  const partial = `${path}.${process.pid}`;
  await writeFile(partial, stringify(config), { mode: 0o600 });
  await rename(partial, path);
}

function checked(value: unknown): ConfigFile {
  if (!isObject(value)) throw new TypeError('expected keys `profile` and `profiles`');
  const profile = value['profile'] ?? defaultProfile;
  if (typeof profile !== 'string') throw new TypeError('`profile` must be the name of a profile');
  const profiles = value['profiles'] ?? {};
  if (!isObject(profiles)) throw new TypeError('`profiles` must hold profiles by name');
  return {
    profile,
    profiles: Object.fromEntries(Object.entries(profiles).map(([name, one]) => [name, checkedProfile(name, one)])),
  };
}

function checkedProfile(name: string, value: unknown): Profile {
  if (!isObject(value)) throw new TypeError(`profile '${name}' must be an object`);
  for (const key of ['api_url', 'username', 'auth_token', 'refresh_token']) {
    if (value[key] !== undefined && typeof value[key] !== 'string')
      throw new TypeError(`profile '${name}': \`${key}\` must be text`);
  }
  if (value['api_url'] === undefined) throw new TypeError(`profile '${name}' needs \`api_url\``);
  return value as unknown as Profile;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
