import { isFinal, stringifyJson, type ExecutionStatus, type Id } from '@attune/core';
import { sql, type Database } from '@attune/db';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { until } from '../../../../../testing/until.ts';
import { behaviourOf } from './behaviour.ts';
import type { Behaviour, Expectation } from './expectation.ts';
import { keyOf, type RunKey } from './run-key.ts';

/** Where an attempt stands. */
export interface Place extends RunKey {
  execution: Id;
  /** The run at the top, which the case started. */
  root: Id;
  /** The run it is part of. */
  parent: Id;
  /** The tasks above it, outermost first. */
  above: string[];
}

/** Tells the actions of the tour how to end, and knows which attempts have asked. */
export interface Director extends AsyncDisposable {
  port: number;
  /** How often each execution has asked: once, or an action ran twice. */
  asked: Map<Id, number>;
  /** Says which expectation a run follows. Its actions wait for this. */
  direct(root: Id, expectation: Expectation): void;
  /** Resolves when an attempt has begun that is to do so; `perform` is called before it ends. */
  beforeEnd: (place: Place) => Promise<void>;
  /** Attempts that never end by themselves, since their worker is to be lost. */
  doomed: Set<Id>;
}

export async function openDirector(db: Database): Promise<Director> {
  const sockets = new Set<Socket>();
  const asked = new Map<Id, number>();
  const doomed = new Set<Id>();
  const scripts = new Map<Id, Expectation>();
  const director: Omit<Director, 'port' | typeof Symbol.asyncDispose> = {
    asked,
    doomed,
    direct: (root, expectation) => void scripts.set(root, expectation),
    beforeEnd: () => Promise.resolve(),
  };

  async function answer(execution: Id): Promise<string | undefined> {
    asked.set(execution, (asked.get(execution) ?? 0) + 1);
    const place = await placeOf(db, execution);
    const script = await until(`the run ${place.root} is known`, () => scripts.get(place.root));
    const behaviour = behaviourOf(script.actions, place.above, place);
    for (const key of behaviour.after ?? []) await until(`${key} has ended`, () => hasEnded(db, place.parent, key));
    await director.beforeEnd(place);
    if (behaviour.outcome === 'abandoned') doomed.add(execution);
    return linesOf(behaviour);
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    createInterface(socket).once('line', (line) => {
      answer(line.trim()).then(
        (lines) => (lines === undefined ? undefined : socket.end(lines)),
        (error: unknown) => socket.end(`70\n${String(error).replaceAll('\n', ' ')}\n\n`),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The director has no port');
  return Object.assign(director, {
    port: address.port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

/** Exit code, standard error and standard output; undefined: it hangs. */
function linesOf({ outcome, result, stdout, error = '' }: Behaviour): string | undefined {
  if (outcome === 'timed_out' || outcome === 'abandoned') return undefined;
  return `${outcome === 'failed' ? 1 : 0}\n${error}\n${stdout ?? stringifyJson(result)}\n`;
}

interface TaskRow {
  id: Id;
  parent: Id | null;
  status: ExecutionStatus;
  task: string | null;
  visit: number | null;
  item: number | null;
  attempt: number | null;
}

const taskColumns = sql`
  e.id, e.parent, e.status, e.workflow_task->>'task_name' as task, (e.workflow_task->>'visit')::int as visit,
  (e.workflow_task->>'task_index')::int as item, (e.workflow_task->>'attempt')::int as attempt`;

async function placeOf(db: Database, execution: Id): Promise<Place> {
  const rows = await db.many<TaskRow>(sql`
    with recursive up as (
      select ${taskColumns}, 0 as height from execution e where id = ${execution}
      union all
      select ${taskColumns}, height + 1 from execution e join up on e.id = up.parent)
    select * from up order by height desc`);
  const self = rows.at(-1);
  const [root] = rows;
  if (self?.parent == null || root === undefined) throw new Error(`Execution ${execution} is no task of a workflow`);
  const above = rows.slice(1, -1).map((row) => row.task ?? '');
  return { ...keyOfRow(self), execution, root: root.id, parent: self.parent, above };
}

async function hasEnded(db: Database, parent: Id, key: string): Promise<boolean> {
  const rows = await db.many<TaskRow>(sql`select ${taskColumns} from execution e where parent = ${parent}`);
  return rows.some((row) => keyOf(keyOfRow(row)) === key && isFinal(row.status));
}

const keyOfRow = ({ task, visit, item, attempt }: TaskRow): RunKey => ({
  task: task ?? '',
  visit: visit ?? 1,
  item,
  attempt: attempt ?? 1,
});
