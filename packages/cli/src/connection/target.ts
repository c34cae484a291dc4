import { AttuneError } from '@attune/core';
import { variable, type Terminal } from '../terminal.ts';
import { configPath, readConfigFile, type Profile } from './config-file.ts';
import { findLocalServer } from './local-server.ts';

/** Where the server is, and who we are there. */
export interface Target {
  url: string;
  /** What named the server, as a message can say it. */
  origin: string;
  credentials: Credentials;
  /** Profile that a login is saved to. */
  profileName: string;
}

export type Credentials =
  | { kind: 'none' }
  /** Given by the environment or by the local server; cannot be renewed. */
  | { kind: 'token'; token: string; origin: string }
  /** Of a login; renewed by its refresh token, which changes with every use. */
  | { kind: 'profile'; name: string; profile: Profile };

export interface TargetOptions {
  apiUrl?: string | undefined;
  profile?: string | undefined;
  /** The named profile need not exist: a login makes it. */
  newProfile?: boolean;
}

/** Finds the server, then who we are there; the first that is given wins.
 *
 *  Where: `--api-url`, ATTUNE_API_URL; the profile named by `--profile` or ATTUNE_PROFILE; the server of ATTUNE_HOME, where that is set;
 *  the current profile of the configuration file; the server of the project's own data folder.
 *
 *  Who: ATTUNE_API_TOKEN; the profile, where it is a login at that server; the token file of the local server, where it is that server.
 *  So a token never travels to another server than the one that made it.
 *  @throws AttuneError configuration for a profile that does not exist or a URL that is none; unavailable where no server is known. */
export async function findTarget(terminal: Terminal, options: TargetOptions): Promise<Target> {
  const config = await readConfigFile(configPath(terminal));
  const namedProfile = options.profile ?? variable(terminal, 'ATTUNE_PROFILE');
  const profileName = namedProfile ?? config.profile;
  const profile = Object.hasOwn(config.profiles, profileName) ? config.profiles[profileName] : undefined;
  const local = await findLocalServer(terminal);
  const isLocalNamed = variable(terminal, 'ATTUNE_HOME') !== undefined;

  const given = options.apiUrl ?? variable(terminal, 'ATTUNE_API_URL');
  const place = (): { url: string; origin: string } => {
    if (given !== undefined)
      return { url: given, origin: options.apiUrl === undefined ? 'ATTUNE_API_URL' : '--api-url' };
    if (namedProfile !== undefined && (profile !== undefined || options.newProfile !== true)) {
      if (profile === undefined) throw unknownProfile(namedProfile, Object.keys(config.profiles));
      return { url: profile.api_url, origin: `profile '${namedProfile}'` };
    }
    const here = local.url === undefined ? undefined : { url: local.url, origin: `${local.home}/server.json` };
    const saved = profile === undefined ? undefined : { url: profile.api_url, origin: `profile '${profileName}'` };
    const found = isLocalNamed ? here : (saved ?? here);
    if (found === undefined) throw notRunning(local.home);
    return found;
  };

  const { url, origin } = place();
  const target = { url: checkedUrl(url, origin), origin, profileName };
  const token = variable(terminal, 'ATTUNE_API_TOKEN') ?? variable(terminal, 'ATTUNE_AUTH_TOKEN');
  if (token !== undefined) return { ...target, credentials: { kind: 'token', token, origin: 'ATTUNE_API_TOKEN' } };
  if (profile?.auth_token !== undefined && isSameServer(profile.api_url, target.url)) {
    return { ...target, credentials: { kind: 'profile', name: profileName, profile } };
  }
  if (local.token !== undefined && local.url !== undefined && isSameServer(local.url, target.url)) {
    return { ...target, credentials: { kind: 'token', token: local.token, origin: `${local.home}/cli-token.json` } };
  }
  return { ...target, credentials: { kind: 'none' } };
}

const isSameServer = (one: string, other: string): boolean =>
  URL.canParse(one) && URL.canParse(other) && base(one) === base(other);

const base = (url: string): string => new URL(url).href.replace(/\/+$/, '');

function checkedUrl(url: string, origin: string): string {
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url.replace(/\/+$/, '');
  throw new AttuneError(
    'configuration',
    `${origin} gives '${url}'; expected an http or https URL, e.g. http://127.0.0.1:8080`,
  );
}

const unknownProfile = (name: string, known: readonly string[]): AttuneError =>
  new AttuneError(
    'configuration',
    `There is no profile '${name}'; ${known.length === 0 ? 'none is saved yet' : `known are ${known.join(', ')}`}. ` +
      `'attune auth login --profile ${name} --api-url URL' makes it`,
  );

const notRunning = (home: string): AttuneError =>
  new AttuneError(
    'unavailable',
    `No Attune server runs on ${home}. Start it with 'npm start', or name another with --api-url or ATTUNE_API_URL`,
  );
