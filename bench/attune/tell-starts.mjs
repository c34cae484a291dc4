// node --import tell-starts.mjs PROGRAM: says over the channel to the parent when an action starts.
import { subscribe } from 'node:diagnostics_channel';
import { monotonicMs } from '../run/clock.mjs';

subscribe('attune:action.start', () => process.send(monotonicMs()));
