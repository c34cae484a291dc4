import {
  isJsonObject,
  leadsTo,
  resultView,
  secretPaths,
  secretResultPaths,
  type FlatSchema,
  type Json,
  type JsonObject,
  type Path,
} from '@attune/core';
import type { Outcome } from '@attune/engine';
import type { StreamName } from './attempt.ts';
import { maskerOf, textsAt } from './secrets.ts';
import { pieceLimit } from './stream.ts';

type Append = (stream: StreamName, offset: number, bytes: Buffer) => Promise<void>;

/** What an action has to say that answers secrets, while it is not known yet what they are. */
export interface HeldLog {
  append: Append;
  /** Passes on what is held, without the secrets of the outcome, which it answers without them wherever its schema does not mark them. */
  release(outcome: Outcome): Promise<Outcome>;
}

/** Standard output that could not be read as what the schema says may hold its secrets anywhere. */
const withheld = '[attune: withheld, for it was to hold secrets and could not be read]\n';

/** Holds the log of an action whose `output` marks secrets until it has ended, at most what one stream may keep of each.
 *  @returns undefined where the output marks none: its log is passed on while it runs. */
export function heldLog(output: FlatSchema | null, append: Append): HeldLog | undefined {
  const marked = secretPaths(output);
  if (marked.length === 0) return undefined;
  const held: Record<StreamName, Buffer[]> = { stdout: [], stderr: [] };
  return {
    append: (stream, _offset, bytes) => {
      held[stream].push(Buffer.from(bytes));
      return Promise.resolve();
    },
    async release(outcome) {
      const view = resultView(outcome.result);
      const data = outcome.result['data'] ?? null;
      const isRead = (typeof data === 'object' && data !== null) || view !== outcome.result;
      const texts = textsAt(view, [...marked, ...marked.map((path) => ['data', ...path])]);
      const masked = (bytes: Buffer): Buffer => {
        const masker = maskerOf(texts);
        return Buffer.concat([masker.push(bytes), masker.end()]);
      };
      const stdout = Buffer.concat(held.stdout);
      await passOn(append, 'stdout', isRead || stdout.length === 0 ? masked(stdout) : Buffer.from(withheld));
      await passOn(append, 'stderr', masked(Buffer.concat(held.stderr)));
      const kept = secretResultPaths(output);
      const result = withoutTexts(outcome.result, (text) => masked(Buffer.from(text)).toString(), kept) as JsonObject;
      return { ...outcome, result };
    },
  };
}

async function passOn(append: Append, stream: StreamName, bytes: Buffer): Promise<void> {
  for (let offset = 0; offset < bytes.length; offset += pieceLimit) {
    await append(stream, offset, bytes.subarray(offset, offset + pieceLimit));
  }
}

/** A result whose texts are masked, but for those that are sealed where they are kept. */
function withoutTexts(value: Json, mask: (text: string) => string, kept: readonly Path[], at: Path = []): Json {
  if (kept.some((path) => leadsTo(path, at))) return value;
  if (typeof value === 'string') return mask(value);
  if (Array.isArray(value)) return value.map((element) => withoutTexts(element, mask, kept, at));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, withoutTexts(member, mask, kept, [...at, key])]),
  );
}
