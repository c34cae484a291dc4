import { createHash, randomBytes } from 'node:crypto';

/** Tokens that mean nothing by themselves: random, known to the database only by their hash. The prefix tells a person, or a scanner
 *  for leaked secrets, what was found. */
export const integrationPrefix = 'attune_it_';
export const refreshPrefix = 'attune_rt_';

export const makeToken = (prefix: string): string => prefix + randomBytes(32).toString('base64url');

/** 32 random bytes need no slow hash: nobody can guess them. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex');
