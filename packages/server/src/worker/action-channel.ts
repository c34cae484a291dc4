import { channel } from 'node:diagnostics_channel';
import type { Id } from '@attune/core';

/** What a worker publishes on the diagnostics channel `attune:action.start`. */
interface ActionStart {
  action_ref: string;
  /** Null for what is run while its execution is taken or created. */
  execution: Id | null;
}

/** Name of the channel of `node:diagnostics_channel` on which a worker says, right before, that it calls a function or starts a process for an
 *  action: for tracers that are loaded with `node --import`. */
const actionStartChannel = 'attune:action.start';

const starts = channel(actionStartChannel);

/** Publishes it; costs nothing where nobody has subscribed. */
export function publishStart(action_ref: string, execution: Id | null): void {
  if (starts.hasSubscribers) starts.publish({ action_ref, execution } satisfies ActionStart);
}
