import { isFinal, type Id } from '@attune/core';
import { paced } from './pace.ts';
import type { SeenExecution } from './reader.ts';

/** Looks at an execution until it has ended, and says after each look how it stands.
 *  @throws the signal's reason when it is aborted first. */
export async function awaitEnd<E extends SeenExecution>(
  look: (id: Id) => Promise<E>,
  id: Id,
  signal: AbortSignal,
  seen: (execution: E) => void,
): Promise<E> {
  const pace = paced(signal);
  for (;;) {
    const execution = await look(id);
    seen(execution);
    if (isFinal(execution.status)) return execution;
    await pace.next();
  }
}
