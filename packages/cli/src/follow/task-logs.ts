import type { Id } from '@attune/core';
import { lineSplitter, logTail, type LineSplitter, type LogTail } from './log-tail.ts';
import { logStreams, type LogStream, type Reader, type SeenExecution } from './reader.ts';

export interface LogLine {
  execution: SeenExecution;
  stream: LogStream;
  text: string;
}

interface Followed {
  stream: LogStream;
  tail: LogTail;
  lines: LineSplitter;
}

/** Follows the logs of many executions at once. */
export interface TaskLogs {
  /** New lines of those that have started, in their order; the last of an ended one come whole. */
  read(executions: readonly SeenExecution[]): Promise<LogLine[]>;
}

export function taskLogs(reader: Reader): TaskLogs {
  const followed = new Map<Id, Followed[]>();
  const follow = (id: Id): Followed[] => {
    const known = followed.get(id);
    if (known !== undefined) return known;
    const streams = logStreams.map((stream) => ({
      stream,
      tail: logTail(reader, id, stream),
      lines: lineSplitter(),
    }));
    followed.set(id, streams);
    return streams;
  };

  const readOne = async (execution: SeenExecution): Promise<LogLine[]> => {
    const lines: LogLine[] = [];
    for (const one of follow(execution.id).filter(({ tail }) => !tail.hasEnded())) {
      const texts = one.lines.add(await one.tail.read());
      if (one.tail.hasEnded()) texts.push(...one.lines.rest());
      lines.push(...texts.map((text) => ({ execution, stream: one.stream, text })));
    }
    return lines;
  };

  return {
    async read(executions) {
      // a workflow writes nothing itself, and what has not started has nothing to say
      const speaking = executions.filter((one) => one.workflow_execution === null && one.started_at !== null);
      return (await Promise.all(speaking.map(readOne))).flat();
    },
  };
}
