import { breakPoint, type Database, type Doorbell } from '@attune/db';
import { finishAll, type ClaimedExecution, type HandOver, type Report, type ReportAnswer } from '@attune/engine';

export interface ReporterDeps {
  db: Database;
  bell: Doorbell;
  /** Who takes next tasks in the places of these attempts. */
  handOver: (reports: readonly Report[]) => HandOver;
  /** Takes what was handed over. */
  onHandedOver: (claimed: readonly ClaimedExecution[], askedAt: number) => void;
  /** It is not known what the database did with reports: perhaps something was handed over that nobody heard of. */
  onUnknown: () => void;
}

export interface Reporter {
  /** Records how an attempt ended. @throws what the database said, where nothing was recorded */
  report(report: Report): Promise<ReportAnswer>;
}

/** Most reports recorded in one transaction. */
const most = 500;

/** Most transactions under way at once. The next one is begun when the one before waits for its commit only, so that one decides while
 *  the database stores the other; or when it has taken this many milliseconds: one that waits for a lock holds nobody up. Until then,
 *  more travel with each. */
const lanes = 2;
const stallMs = 10;

interface Waiting {
  report: Report;
  resolve: (answer: ReportAnswer) => void;
  reject: (reason: Error) => void;
}

/** Records ends of attempts, those that come while the database is at work together in one transaction: an idle worker reports at once,
 *  a busy one pays one commit for hundreds. */
export function openReporter({ db, bell, handOver, onHandedOver, onUnknown }: ReporterDeps): Reporter {
  let waiting: Waiting[] = [];
  let busy = 0;
  let deciding = 0;
  let stall: NodeJS.Timeout | undefined;

  const mayBegin = (): boolean => waiting.length > 0 && deciding === 0 && busy < lanes;

  const flush = async (): Promise<void> => {
    busy += 1;
    deciding += 1;
    // attempts that end in the same turn of the event loop travel together
    await new Promise((resolve) => setImmediate(resolve));
    const batch = waiting.slice(0, most);
    waiting = waiting.slice(most);
    let isDeciding = true;
    const decided = () => {
      if (!isDeciding) return;
      isDeciding = false;
      deciding -= 1;
      if (mayBegin()) void flush();
    };
    // each of them is tried again by whoever reported it
    await record(batch, decided).catch((error: unknown) => {
      onUnknown();
      for (const { reject } of batch) reject(error instanceof Error ? error : new Error(String(error)));
    });
    decided();
    busy -= 1;
    if (mayBegin()) void flush();
  };

  const record = async (batch: readonly Waiting[], onDecided: () => void): Promise<void> => {
    if (batch.length === 0) return;
    const reports = batch.map((one) => one.report);
    const askedAt = performance.now();
    const { answers, handedOver, schedules, waits, events } = await finishAll(db, reports, handOver, onDecided);
    breakPoint('report.recorded');
    onHandedOver(handedOver, askedAt);
    bell.ring(
      'change',
      ...(schedules || waits ? (['execution'] as const) : []),
      ...(events ? (['event'] as const) : []),
    );
    let unknown = false;
    for (const { report, resolve, reject } of batch) {
      const answer = answers.get(report.execution) ?? new Error('A report got no answer');
      unknown ||= answer instanceof Error;
      if (answer instanceof Error) reject(answer);
      else resolve(answer);
    }
    if (unknown) onUnknown();
  };

  return {
    report: (report) =>
      new Promise((resolve, reject) => {
        waiting.push({ report, resolve, reject });
        if (mayBegin()) void flush();
        else if (busy < lanes)
          stall ??= setTimeout(() => {
            stall = undefined;
            if (waiting.length > 0 && busy < lanes) void flush();
          }, stallMs);
      }),
  };
}
