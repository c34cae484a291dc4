import pc from 'picocolors';
import type { OutputStream, Terminal } from '../terminal.ts';

/** How text is coloured. Without colours each function returns its text as it is. */
export type Paint = ReturnType<typeof pc.createColors>;

/** Colours only where somebody looks at a terminal that can show them, and never with NO_COLOR (https://no-color.org). */
export function paintFor(stream: OutputStream, env: Terminal['env']): Paint {
  const isRefused = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return pc.createColors(stream.isTTY === true && !isRefused);
}

export const plain: Paint = pc.createColors(false);
