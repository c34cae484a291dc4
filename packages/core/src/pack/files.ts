import type { Problem } from '../errors.ts';
import { contentHash, sha256Hex } from '../hash.ts';

/** Modes a file of a pack may have: readable, or executable too. */
export const plainMode = 0o644;
export const executableMode = 0o755;
export type FileMode = typeof plainMode | typeof executableMode;

export interface PackFile {
  content: Uint8Array;
  mode: FileMode;
}

/** The files of a pack by path: relative to its folder, forward slashes. */
export type PackFiles = ReadonlyMap<string, PackFile>;

export interface FileDigest {
  path: string;
  mode: FileMode;
  /** SHA-256 of the content as 64 hex digits. */
  sha256: string;
}

export interface PackLimits {
  /** Most files in a pack. @default 10000 */
  files: number;
  /** Largest file, in bytes. @default 52428800 (50 MiB) */
  file_bytes: number;
  /** Largest pack, in bytes of content. @default 104857600 (100 MiB) */
  total_bytes: number;
}

export const packLimits: PackLimits = { files: 10_000, file_bytes: 52_428_800, total_bytes: 104_857_600 };

/** The files with their digests, sorted by path. */
export function digestFiles(files: PackFiles): FileDigest[] {
  return [...files.entries()]
    .map(([path, { mode, content }]) => ({ path, mode, sha256: sha256Hex(content) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The digest of a whole pack: what names its revision. The same files with the same modes have the same digest, on any host. */
export const digestPack = (files: readonly FileDigest[]): string =>
  contentHash(files.map(({ path, mode, sha256 }) => [path, mode, sha256]));

/** Whether a path stays inside the folder it is relative to, on every host: no `..`, no absolute path, no back slash, no control
 *  character, no empty part. */
export function isSafePath(path: string): boolean {
  if (path === '' || path.length > 1_000 || /[\\\p{Cc}\p{Surrogate}]/u.test(path)) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && part.length <= 255);
}

/** Everything wrong with a pack as a set of files: unsafe paths, a file where another needs a folder, and the limits passed. */
export function checkFiles(files: PackFiles, limits: PackLimits = packLimits): Problem[] {
  const problems: Problem[] = [];
  if (files.size > limits.files)
    problems.push({ message: `A pack may have at most ${limits.files} files, not ${files.size}`, code: 'wrong_file' });
  let total = 0;
  for (const [path, { content, mode }] of files) {
    total += content.length;
    if (!isSafePath(path)) {
      problems.push({ message: `The path ${JSON.stringify(path)} is not allowed in a pack`, code: 'wrong_file' });
    }
    const parents = path.split('/').slice(0, -1);
    parents.forEach((_, index) => {
      const folder = parents.slice(0, index + 1).join('/');
      if (files.has(folder)) {
        problems.push({ message: `${folder} is a file, so nothing can be inside it`, file: path, code: 'wrong_file' });
      }
    });
    if ((mode as number) !== plainMode && (mode as number) !== executableMode) {
      problems.push({ message: 'The mode of a file must be 0644 or 0755', file: path, code: 'wrong_file' });
    }
    if (content.length > limits.file_bytes) {
      problems.push({
        message: `A file may have at most ${limits.file_bytes} bytes, not ${content.length}`,
        file: path,
        code: 'wrong_file',
      });
    }
  }
  if (total > limits.total_bytes) {
    const message = `The files of a pack may have at most ${limits.total_bytes} bytes in all, not ${total}`;
    problems.push({ message, code: 'wrong_file' });
  }
  return problems;
}
