import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AttuneError } from '@attune/core';

/** The one secret of an installation. Everything that is encrypted at rest or signed is so under a key derived from it, so every
 *  host of one database needs the same. */
export interface SecretKey {
  /** Names the key without telling it: 16 hex digits. */
  readonly id: string;
  /** Encrypts a text (AES-256-GCM, a new nonce each time) into an envelope that names the key. */
  seal(text: string): string;
  /** @throws AttuneError configuration where the envelope was made under another key, or was changed. */
  open(envelope: string): string;
  /** 32 bytes for one purpose; those of two purposes tell nothing about each other. */
  derive(purpose: string): Uint8Array;
}

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** The key of ATTUNE_SECRET_KEY (32 bytes in base64 or hex), else of `secret.key` in the data folder, which is made with mode 0600
 *  where it is missing.
 *  @throws AttuneError configuration, naming the variable or the file, where the key is not one. */
export function loadSecretKey(home: string, text: string | undefined): SecretKey {
  if (text !== undefined) return secretKeyOf(readKey(text, 'ATTUNE_SECRET_KEY'));
  const path = join(home, 'secret.key');
  return secretKeyOf(readKey(readOrMake(path), path));
}

function readKey(text: string, place: string): Buffer {
  const trimmed = text.trim();
  const key = /^[0-9a-fA-F]{64}$/.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64');
  if (key.length !== keyBytes) {
    throw new AttuneError('configuration', `${place} is not a key; expected ${keyBytes} bytes in base64 or hex`);
  }
  return key;
}

/** Two processes at their first start may both find no file. The key is written whole under another name and then linked, which only
 *  one of them can do; both read the winner's. */
function readOrMake(path: string): string {
  const found = readIfThere(path);
  if (found !== undefined) return found;
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, `${randomBytes(keyBytes).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(path, 'utf8');
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new AttuneError('configuration', `Cannot read the secret key ${path}`, { cause: error });
  }
}

function secretKeyOf(key: Buffer): SecretKey {
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', key, '', `attune ${purpose}`, keyBytes));
  const encryptionKey = derive('encryption');
  const id = createHash('sha256').update(derive('key id')).digest('hex').slice(0, 16);
  return {
    id,
    derive,
    seal(text) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', encryptionKey, nonce);
      const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `v1.${id}.${sealed.toString('base64url')}`;
    },
    open(envelope) {
      const [version, keyId, content = ''] = envelope.split('.');
      if (version !== 'v1' || keyId !== id) {
        throw new AttuneError(
          'configuration',
          `A stored secret was encrypted under the key ${keyId ?? '?'}, but this process has ${id}; every host of one database needs the same ATTUNE_SECRET_KEY or secret.key`,
        );
      }
      const sealed = Buffer.from(content, 'base64url');
      try {
        const decipher = createDecipheriv('aes-256-gcm', encryptionKey, sealed.subarray(0, nonceBytes), {
          authTagLength: tagBytes,
        });
        decipher.setAuthTag(sealed.subarray(-tagBytes));
        return decipher.update(sealed.subarray(nonceBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8');
      } catch (error) {
        throw new AttuneError('configuration', 'A stored secret was changed or cut since it was encrypted', {
          cause: error,
        });
      }
    },
  };
}
