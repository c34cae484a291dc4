import { randomBytes } from 'node:crypto';
import { AttuneError } from '@attune/core';
import { hash, verify } from '@node-rs/argon2';

/** OWASP's least for Argon2id (the library's default variant): 19 MiB, two passes, one lane; about 15 ms here. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Each verification takes 19 MiB and a thread of the pool that also reads files; more than these wait in line. */
const atOnce = 2;
const mostWaiting = 100;

export interface Passwords {
  hash(password: string): Promise<string>;
  /** Whether the password is the one of this hash. Without a hash the answer is no, after the same time: how long it takes must not
   *  tell whether a login exists.
   *  @throws AttuneError rate_limited where too many verifications wait. */
  verify(passwordHash: string | null, password: string): Promise<boolean>;
}

export function passwords(): Passwords {
  const nobody = hash(randomBytes(32), cost);
  const waiting: (() => void)[] = [];
  let running = 0;

  const enter = async () => {
    if (running < atOnce) {
      running += 1;
      return;
    }
    if (waiting.length >= mostWaiting) {
      throw new AttuneError('rate_limited', 'Too many logins at once; try again in a moment');
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const leave = () => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };

  return {
    hash: (password) => hash(password, cost),
    async verify(passwordHash, password) {
      await enter();
      try {
        return (await verify(passwordHash ?? (await nobody), password)) && passwordHash !== null;
      } finally {
        leave();
      }
    },
  };
}

/** A password for a new identity: 144 random bits as 24 characters. */
export const makePassword = (): string => randomBytes(18).toString('base64url');
