import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from './client.ts';
import type { Journal } from './journal.ts';

const lookMs = 300;

/** Answers every question that workflows ask, until it is stopped. */
export function startRespondent(client: Client, journal: Journal): { stop(): Promise<void> } {
  let stopped = false;
  const isStopped = () => stopped;
  const answered = new Set<string>();
  const run = async () => {
    while (!isStopped()) {
      await pause(lookMs);
      const answer = await client.once('GET', '/api/v1/inquiries?status=pending&limit=50');
      const pending = (Array.isArray(answer?.data) ? answer.data : []) as { id: string }[];
      for (const { id: inquiry } of pending) {
        const response = `answer ${inquiry}`;
        const told = await client.once('POST', `/api/v1/inquiries/${inquiry}/respond`, { response });
        if (told !== undefined && !answered.has(inquiry)) {
          answered.add(inquiry);
          journal.inquiries.push({ inquiry, response, status: told.status });
        }
      }
    }
  };
  const running = run();
  return {
    async stop() {
      stopped = true;
      await running;
    },
  };
}
