import { AttuneError } from '@attune/core';
import { waitingLimit } from './edge/limits.ts';

export interface GatheringOptions<Q, A> {
  /** Answers questions together, in their order; one that fails alone is answered with its error, and what is thrown is the answer of all. */
  answer: (questions: readonly Q[]) => Promise<readonly (A | Error)[]>;
  /** Bytes that a question holds in memory while it waits. @default 0 */
  sizeOf?: (question: Q) => number;
  /** Questions of the same name are never answered together, but one after the other. @default none has a name */
  nameOf?: (question: Q) => string | undefined;
}

/** Most that is answered together: so many questions, and of so many bytes but for one that is larger. */
const together = { questions: 500, bytes: 8 * 2 ** 20 };

/** Milliseconds after which a group that is still not answered lets the next one start beside it: what holds it up (a lock, a large
 *  workflow) must not hold up all. Sooner that would only make groups smaller, and each request dearer. */
const patienceMs = 20;

/** Most groups that are under way. */
const mostUnderWay = 4;

interface Waiting<Q, A> {
  question: Q;
  size: number;
  answered: (answer: A | Error) => void;
}

/** Answers together what is asked at about the same time. When idle a question is answered at once, alone; those that come while answers
 *  are under way wait for them and then go together, so that the busier it is, the less each costs. */
export class Gathering<Q, A> {
  readonly #options: GatheringOptions<Q, A>;
  #waiting: Waiting<Q, A>[] = [];
  #bytes = 0;
  #underWay = 0;
  /** Of those under way. */
  #slow = 0;
  #isStarting = false;

  constructor(options: GatheringOptions<Q, A>) {
    this.#options = options;
  }

  /** @throws AttuneError overloaded where too much waits already; whatever the group was answered with. */
  async ask(question: Q): Promise<A> {
    const size = this.#options.sizeOf?.(question) ?? 0;
    const isFull =
      this.#waiting.length >= waitingLimit.requests || (this.#bytes > 0 && this.#bytes + size > waitingLimit.bytes);
    if (isFull) {
      const message = `${this.#waiting.length} requests wait to be stored already; send it again in a second`;
      throw new AttuneError('overloaded', message);
    }
    const answer = await new Promise<A | Error>((answered) => {
      this.#waiting.push({ question, size, answered });
      this.#bytes += size;
      this.#startSoon();
    });
    if (answer instanceof Error) throw answer;
    return answer;
  }

  /** At the end of this turn of the event loop, in which what came on other connections at the same time is read, too. */
  #startSoon(): void {
    if (this.#isStarting) return;
    this.#isStarting = true;
    setImmediate(() => {
      this.#isStarting = false;
      this.#start();
    });
  }

  #start(): void {
    const isBusy = this.#underWay > this.#slow || this.#underWay >= mostUnderWay;
    if (isBusy || this.#waiting.length === 0) return;
    const group = this.#take();
    this.#underWay += 1;
    let isSlow = false;
    const patience = setTimeout(() => {
      isSlow = true;
      this.#slow += 1;
      this.#startSoon();
    }, patienceMs);
    void this.#answer(group).finally(() => {
      clearTimeout(patience);
      this.#underWay -= 1;
      if (isSlow) this.#slow -= 1;
      this.#startSoon();
    });
  }

  #take(): Waiting<Q, A>[] {
    const group: Waiting<Q, A>[] = [];
    const left: Waiting<Q, A>[] = [];
    const names = new Set<string>();
    let bytes = 0;
    for (const one of this.#waiting) {
      const name = this.#options.nameOf?.(one.question);
      const fits = group.length < together.questions && (group.length === 0 || bytes + one.size <= together.bytes);
      if (!fits || (name !== undefined && names.has(name))) {
        left.push(one);
        continue;
      }
      group.push(one);
      bytes += one.size;
      if (name !== undefined) names.add(name);
    }
    this.#waiting = left;
    this.#bytes -= bytes;
    return group;
  }

  async #answer(group: readonly Waiting<Q, A>[]): Promise<void> {
    let answers: readonly (A | Error)[];
    try {
      answers = await this.#options.answer(group.map(({ question }) => question));
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      answers = group.map(() => failure);
    }
    for (const [index, { answered }] of group.entries()) {
      const answer = answers[index];
      answered(answer === undefined ? new Error('Each question was to have an answer') : answer);
    }
  }
}

/** Reads rows by their ids, those that are asked for at about the same time in one statement. */
export function gatheredRows<R extends { id: string }>(
  read: (ids: readonly string[]) => Promise<readonly R[]>,
): (id: string) => Promise<R | undefined> {
  const gathering = new Gathering<string, R | null>({
    async answer(ids) {
      const rows = new Map((await read(ids)).map((row) => [row.id, row]));
      return ids.map((id) => rows.get(id) ?? null);
    },
  });
  return async (id) => (await gathering.ask(id)) ?? undefined;
}
