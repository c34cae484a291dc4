import type { AttuneClient } from '@attune/client';
import { AttuneError, type Id, type Json } from '@attune/core';
import { expect } from 'vitest';
import type { Director } from './director.ts';
import { onChange } from './on-change.ts';

/** Answers the questions of the tour as their expectations say, by the API. Those for which they say nothing stay open. */
export function openRespondent(
  url: string,
  director: Director,
  clientNow: () => Promise<AttuneClient>,
): AsyncDisposable {
  const seen = new Set<Id>();

  const answer = async (id: Id, execution: Id): Promise<void> => {
    const { behaviour } = await director.behaviourFor(execution);
    const client = await clientNow();
    const respond = (response: Json) => client.respondToInquiry({ path: { id }, body: { response } });
    if (behaviour.refused !== undefined) {
      expect(await respond(behaviour.refused).catch((error: unknown) => error)).toBeInstanceOf(AttuneError);
    }
    if (behaviour.answer !== undefined) await respond(behaviour.answer);
  };

  return onChange(url, async () => {
    const { data } = await (await clientNow()).listInquiries({ query: { status: 'pending', limit: 200 } });
    for (const { id, execution } of data) {
      if (seen.has(id)) continue;
      seen.add(id);
      answer(id, execution).catch(() => undefined); // its case tells that it was not answered
    }
  });
}
