import { formatDuration } from '../output/duration.ts';
import { liveBlock } from '../output/live-block.ts';
import { paintFor } from '../output/paint.ts';
import type { Terminal } from '../terminal.ts';
import { spinner } from './spinner.ts';

/** Time between two drawings, in milliseconds. */
const frameMs = 100;

/** One line on standard error that shows that something is awaited, on a terminal only. */
export interface ProgressLine {
  say(text: string): void;
  end(): void;
}

export function progressLine(terminal: Terminal, now: () => number): ProgressLine {
  if (terminal.stderr.isTTY !== true) return { say: () => undefined, end: () => undefined };
  const block = liveBlock(terminal.stderr);
  const paint = paintFor(terminal.stderr, terminal.env);
  const start = now();
  let text = '';
  let frame = 0;
  const timer = setInterval(() => {
    frame += 1;
    block.draw([`${paint.cyan(spinner(frame))} ${text} ${paint.dim(formatDuration(now() - start))}`]);
  }, frameMs);
  return {
    say: (next) => (text = next),
    end() {
      clearInterval(timer);
      block.clear();
    },
  };
}
