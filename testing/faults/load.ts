import { createHmac } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer, Client } from './client.ts';
import { emptyJournal, type AcceptedWork, type Journal } from './journal.ts';
import type { Operation } from './operation.ts';
import { packBody } from './pack.ts';
import { whileItMoves } from './patience.ts';

export interface Load {
  journal: Journal;
  /** Begins no further operation; resolves when all that were begun are through, or nothing moves any more. */
  finish(): Promise<void>;
}

/** Most operations that are under way at a time. */
const mostUnderWay = 40;

/** Plays the operations of a plan at their times, each until it is answered, and answers the questions that workflows ask.
 *  @param onAccepted called whenever something was accepted. */
export function startLoad(client: Client, operations: readonly Operation[]): Load {
  const journal = emptyJournal();
  const accepted = new Map<string, AcceptedWork>();
  const waiting = new Map<string, ((id: string | undefined) => void)[]>();
  const begun = performance.now();
  const underWay = new Set<Operation>();
  let through = 0;
  let stopped = false;
  const isStopped = () => stopped;
  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // every operation listens
  const sleep = (ms: number) => pause(Math.max(0, ms), undefined, { signal: stop.signal }).catch(() => undefined);

  const accept = (work: AcceptedWork) => {
    accepted.set(work.key, work);
    journal.accepted.push(work);
    for (const tell of waiting.get(work.key) ?? []) tell(work.ids[0]);
    waiting.delete(work.key);
  };
  /** The id of another operation's execution, once it is accepted. */
  const idOf = (key: string): Promise<string | undefined> => {
    const work = accepted.get(key);
    if (work !== undefined) return Promise.resolve(work.ids[0]);
    if (isStopped()) return Promise.resolve(undefined);
    return new Promise((resolve) => waiting.set(key, [...(waiting.get(key) ?? []), resolve]));
  };

  const play = async (operation: Operation): Promise<void> => {
    switch (operation.kind) {
      case 'step':
      case 'flow':
      case 'instant':
      case 'ping':
      case 'hook': {
        const ids = await sendCopies(client, operation, journal, sleep);
        if (ids.length > 0) accept({ key: operation.key, operation, ids });
        return;
      }
      case 'refused': {
        const body = { action_ref: 'faults.step', parameters: { key: operation.key, ms: 'long' } };
        const answer = await client.surely('POST', '/api/v1/executions', body, { 'idempotency-key': operation.key });
        if (answer === undefined) return;
        if (answer.status < 400) journal.wrong.push(`${operation.key} has wrong parameters and was accepted`);
        else journal.refused.push(operation.key);
        return;
      }
      case 'register': {
        const answer = await client.surely('POST', '/api/v1/packs/register', packBody(operation.key));
        if (answer !== undefined && answer.status >= 400) journal.wrong.push(`The pack was refused: ${answer.text}`);
        return;
      }
      case 'cancel': {
        const execution = await idOf(operation.of);
        if (execution === undefined) return;
        await sleep(operation.after_ms);
        const answer = await client.surely('POST', `/api/v1/executions/${execution}/cancel`);
        if (answer === undefined) return;
        journal.cancels.push({ execution, answered_at: Date.now(), status: answer.status });
        return;
      }
      case 'pause': {
        const execution = await idOf(operation.of);
        if (execution === undefined) return;
        await sleep(operation.after_ms);
        await client.surely('POST', `/api/v1/executions/${execution}/pause`, {});
        await sleep(operation.for_ms);
        await client.surely('POST', `/api/v1/executions/${execution}/resume`, {});
      }
    }
  };

  const schedule = async () => {
    const running: Promise<void>[] = [];
    for (const operation of [...operations].sort((a, b) => a.at - b.at)) {
      await sleep(operation.at - (performance.now() - begun));
      // a system that is down for long is not asked for more and more
      while (underWay.size >= mostUnderWay && !isStopped()) await sleep(20);
      if (isStopped()) break;
      underWay.add(operation);
      running.push(
        play(operation).finally(() => {
          underWay.delete(operation);
          through += 1;
        }),
      );
    }
    await Promise.all(running);
  };
  const scheduled = schedule();
  return {
    journal,
    async finish() {
      stopped = true;
      stop.abort();
      // an operation that waits for one that was never begun waits in vain
      const keys = new Set([...underWay].map(({ key }) => key));
      const release = (isVain: (key: string) => boolean) => {
        for (const [key, tell] of waiting) if (isVain(key)) for (const one of tell) one(undefined);
      };
      release((key) => !keys.has(key));
      const isDone = await whileItMoves(() => (underWay.size === 0 ? 'done' : String(through)));
      if (!isDone) {
        client.close();
        release(() => true);
      }
      await scheduled;
    },
  };
}

type Work = AcceptedWork['operation'];

/** Sends every copy until it is answered.
 *  @returns the id that each of them was answered with. */
async function sendCopies(
  client: Client,
  operation: Work,
  journal: Journal,
  sleep: (ms: number) => Promise<unknown>,
): Promise<string[]> {
  const request = await requestOf(client, operation);
  const answers = await Promise.all(
    Array.from({ length: operation.copies }, async (_, copy) => {
      await sleep(copy * operation.apart_ms);
      return request === undefined ? undefined : client.surely(...request);
    }),
  );
  const ids = answers.flatMap((answer) => idIn(answer) ?? []);
  for (const answer of answers) {
    if (answer === undefined) journal.unanswered.push(operation.key);
    else if (answer.status >= 400) {
      journal.wrong.push(
        `${operation.key} (${operation.kind}) was answered ${answer.status}: ${answer.text.slice(0, 300)}`,
      );
    }
  }
  return ids;
}

function idIn(answer: Answer | undefined): string | undefined {
  const id = answer?.data['id'] ?? answer?.data['event_id'];
  return answer !== undefined && answer.status < 300 && typeof id === 'string' ? id : undefined;
}

type Request = Parameters<Client['surely']>;

async function requestOf(client: Client, operation: Work): Promise<Request | undefined> {
  const { key } = operation;
  const once = { 'idempotency-key': key };
  switch (operation.kind) {
    case 'step': {
      const { action, mode, ms } = operation;
      return ['POST', '/api/v1/executions', { action_ref: `faults.${action}`, parameters: { key, mode, ms } }, once];
    }
    case 'flow':
      return ['POST', '/api/v1/executions', { action_ref: `faults.${operation.flow}`, parameters: { key } }, once];
    case 'instant': {
      const { action, exit_code } = operation;
      const parameters = { message: key, ...(action === 'noop' ? { exit_code } : {}) };
      return ['POST', '/api/v1/executions', { action_ref: `core.${action}`, parameters }, once];
    }
    case 'ping':
      return ['POST', '/api/v1/events', { trigger_ref: 'faults.ping', payload: { key, even: operation.even } }, once];
    case 'hook': {
      const hook = await client.surely('GET', '/api/v1/triggers/faults.hook/webhook');
      if (hook === undefined) return undefined;
      const { url, secret } = hook.data as { url: string; secret: string };
      const body = JSON.stringify({ key, fill: 'x'.repeat(operation.bytes) });
      const signature = createHmac('sha256', secret).update(body).digest('hex');
      return ['POST', new URL(url).pathname, body, { 'x-delivery': key, 'x-signature': `sha256=${signature}` }];
    }
  }
}
