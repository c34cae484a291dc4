import { stringifyJson, type Id } from '@attune/core';
import type { Database } from '@attune/db';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { until } from '../../../../../testing/until.ts';
import { behaviourOf } from './behaviour.ts';
import type { Behaviour, Expectation } from './expectation.ts';
import { findPlace, nameOf, placeOf, type Place } from './place.ts';

/** Tells the actions of the tour how to end, and knows which attempts have asked. */
export interface Director extends AsyncDisposable {
  port: number;
  /** How often each execution has asked: once, or an action ran twice. */
  asked: Map<Id, number>;
  /** Attempts that never end by themselves, since their worker is to be lost. */
  doomed: Set<Id>;
  /** Says which expectation a run follows. Its actions wait for this.
   *  @param holds names of attempts that do not end before they are let go. */
  direct(root: Id, expectation: Expectation, holds: readonly string[]): void;
  /** Resolves when an attempt that is held has begun, with what lets it go. */
  held(root: Id, name: string): Promise<() => void>;
  /** How an attempt, or a question, is to end; resolves when that is due. */
  behaviourFor(execution: Id): Promise<{ place: Place; behaviour: Behaviour }>;
}

/** Resolves when the attempt has begun, with what lets it go. */
interface Hold {
  promise: Promise<() => void>;
  begun: (go: () => void) => void;
}

export async function openDirector(db: Database): Promise<Director> {
  const sockets = new Set<Socket>();
  const scripts = new Map<Id, Expectation>();
  const holds = new Map<string, Hold>();
  const holdOf = (root: Id, name: string): Hold | undefined => holds.get(`${root} ${name}`);

  const director: Omit<Director, 'port' | typeof Symbol.asyncDispose> = {
    asked: new Map(),
    doomed: new Set(),
    direct(root, expectation, names) {
      for (const name of names) holds.set(`${root} ${name}`, newHold());
      scripts.set(root, expectation);
    },
    held: async (root, name) => {
      const hold = holdOf(root, name);
      if (hold === undefined) throw new Error(`Nobody holds ${name}`);
      return hold.promise;
    },
    async behaviourFor(execution) {
      const place = await placeOf(db, execution);
      const script = await until(`the run ${place.root} is known`, () => scripts.get(place.root));
      const behaviour = behaviourOf(script.actions, place.above, place);
      for (const key of behaviour.after ?? []) {
        await until(`${key} has ended`, async () => (await findPlace(db, place.parent, key))?.isOver);
      }
      return { place, behaviour };
    },
  };

  async function answer(execution: Id): Promise<string | undefined> {
    director.asked.set(execution, (director.asked.get(execution) ?? 0) + 1);
    const { place, behaviour } = await director.behaviourFor(execution);
    const hold = holdOf(place.root, nameOf(place));
    if (hold !== undefined) await new Promise<void>((go) => hold.begun(go));
    if (behaviour.outcome === 'abandoned') director.doomed.add(execution);
    return linesOf(behaviour);
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    createInterface(socket).once('line', (line) => {
      answer(line.trim()).then(
        (lines) => (lines === undefined ? undefined : socket.end(lines)),
        (error: unknown) => socket.end(`70\n${String(error).replaceAll('\n', ' ')}\n\n`),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The director has no port');
  return Object.assign(director, {
    port: address.port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

function newHold(): Hold {
  let begun: Hold['begun'] = () => undefined;
  const promise = new Promise<() => void>((resolve) => (begun = resolve));
  return { promise, begun };
}

/** Exit code, standard error and standard output; undefined: it hangs. */
function linesOf({ outcome, result, stdout, error = '' }: Behaviour): string | undefined {
  if (outcome === 'timed_out' || outcome === 'abandoned') return undefined;
  return `${outcome === 'failed' ? 1 : 0}\n${error}\n${stdout ?? stringifyJson(result)}\n`;
}
