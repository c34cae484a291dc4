import { sql, type Tx } from './database.ts';

export interface ThrottleState {
  subject: string;
  /** Attempts in the present window, this one included. */
  attempts: number;
  /** Seconds until the window ends. */
  seconds_left: number;
}

/** Counts one attempt for each subject and tells where each stands. Counting comes first, deciding afterwards: of many requests
 *  at once none slips through. Subjects are locked in order, so that two requests never wait for each other. */
export const count = (tx: Tx, subjects: readonly string[], windowSeconds: number): Promise<ThrottleState[]> =>
  tx.many<ThrottleState>(sql`
    insert into login_throttle as t (subject, attempts, window_ends)
    select subject, 1, attune.clock() + make_interval(secs => ${windowSeconds})
    from unnest(${[...subjects].sort()}::text[]) as s(subject)
    on conflict (subject) do update set
      attempts = case when t.window_ends <= attune.clock() then 1 else least(t.attempts, 1000000) + 1 end,
      window_ends = case when t.window_ends <= attune.clock() then excluded.window_ends else t.window_ends end
    returning subject, attempts, ceil(extract(epoch from window_ends - attune.clock()))::int as seconds_left`);

/** Forgets a subject: its owner has proved who they are. */
export const forget = (tx: Tx, subject: string): Promise<number> =>
  tx.run(sql`delete from login_throttle where subject = ${subject}`);

/** Forgets windows that have ended. */
export const prune = (tx: Tx): Promise<number> =>
  tx.run(sql`
    delete from login_throttle where subject in (
      select subject from login_throttle where window_ends < attune.clock() limit 10000 for update skip locked)`);
