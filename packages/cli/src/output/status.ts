import type { Paint } from './paint.ts';

type Look = { mark: string; colour: 'green' | 'red' | 'yellow' | 'cyan' | 'gray' | 'magenta' };

/** Statuses of executions, workflow runs, enforcements and inquiries; a word that is not here is shown as it is. */
const looks: Readonly<Record<string, Look>> = {
  requested: { mark: '·', colour: 'gray' },
  scheduling: { mark: '·', colour: 'gray' },
  scheduled: { mark: '·', colour: 'gray' },
  running: { mark: '●', colour: 'cyan' },
  canceling: { mark: '●', colour: 'yellow' },
  completed: { mark: '✓', colour: 'green' },
  failed: { mark: '✗', colour: 'red' },
  timeout: { mark: '✗', colour: 'magenta' },
  cancelled: { mark: '–', colour: 'yellow' },
  abandoned: { mark: '✗', colour: 'magenta' },
  created: { mark: '·', colour: 'gray' },
  processed: { mark: '✓', colour: 'green' },
  disabled: { mark: '–', colour: 'yellow' },
  pending: { mark: '●', colour: 'cyan' },
  responded: { mark: '✓', colour: 'green' },
};

export function paintStatus(status: string, paint: Paint): string {
  const look = looks[status];
  return look === undefined ? status : paint[look.colour](status);
}

/** One character that says how it stands. */
export function statusMark(status: string, paint: Paint): string {
  const look = looks[status];
  return look === undefined ? '?' : paint[look.colour](look.mark);
}
