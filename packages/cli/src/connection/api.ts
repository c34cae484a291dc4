import { createAttuneClient, type AttuneClient } from '@attune/client';
import { AttuneError } from '@attune/core';
import type { Run } from '../run.ts';
import { configPath } from './config-file.ts';
import { sessionFetch } from './session.ts';
import { findTarget, type Target } from './target.ts';

export interface Connection {
  client: AttuneClient;
  target: Target;
}

/** Finds the server of this run and speaks to it as whoever we are there. */
export async function connect(run: Run): Promise<Connection> {
  const target = await findTarget(run.terminal, run.options);
  const fetch = sessionFetch(target, {
    renewal: { configPath: configPath(run.terminal), renew: (refreshToken) => renew(target, refreshToken) },
    interrupted: run.terminal.interrupted,
  });
  return { client: createAttuneClient({ url: target.url, fetch }), target };
}

type Place = Pick<Target, 'url' | 'origin'>;

/** Speaks to a server without saying who we are. */
export const anonymous = (place: Place): AttuneClient =>
  createAttuneClient({ url: place.url, fetch: anonymousFetch(place) });

export const anonymousFetch = (place: Place): typeof fetch =>
  sessionFetch({ ...place, profileName: '', credentials: { kind: 'none' } });

/** A refused token is an answer: what was asked for is refused then, too. */
async function renew(place: Place, refreshToken: string) {
  try {
    const { data } = await anonymous(place).refreshSession({ body: { refresh_token: refreshToken } });
    return { auth_token: data.access_token, refresh_token: data.refresh_token };
  } catch (error) {
    if (error instanceof AttuneError && error.status === 401) return undefined;
    throw error;
  }
}
