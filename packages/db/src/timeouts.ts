import type pg from 'pg';

/** How long a connection of a process that serves may be silent, in milliseconds. docs/reliability.md lists them. */
export interface Timeouts {
  /** Longest one statement may take on the server. */
  statementMs: number;
  /** Longest a transaction may stand still between two statements: what it locked is then given back, and it is tried again. It
   *  bounds how long a process that was stopped in the middle of one can hold others up. */
  idleInTransactionMs: number;
  /** Longest an answer is waited for. */
  answerMs: number;
  /** Between two looks for connections in use that were lost without a word. One is lost when it is silent at three looks in a row
   *  while the server does nothing for it, so four times this is the longest until it is noticed. */
  lookMs: number;
}

/** For work. A cancel of a very large run is one statement: a minute is for a machine that has much else to do. A connection that
 *  was lost without a word is noticed much earlier, see lost-connection.ts. */
export const workTimeouts: Timeouts = {
  statementMs: 60_000,
  idleInTransactionMs: 10_000,
  answerMs: 65_000,
  lookMs: 2_000,
};

/** For renewals of leases and heartbeats: small statements that wait for no lock. Tried again well within a lease. */
export const pulseTimeouts: Timeouts = {
  statementMs: 4_000,
  idleInTransactionMs: 4_000,
  answerMs: 5_000,
  lookMs: 1_000,
};

/** Longest it may take to open a connection, in milliseconds. */
export const connectMs = 5_000;

/** Longest the end of a connection is waited for, in milliseconds. */
export const goodbyeMs = 2_000;

/** Milliseconds of silence after which TCP asks whether the other side is still there; it asks every second or two, and gives up
 *  within ten seconds more. */
export const keepAliveMs = 5_000;

/** The same on the server's side: it rolls back and frees the locks of a client whose host is gone within ten seconds or so. */
export const keepAliveOptions =
  '-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c tcp_user_timeout=10000';

export function withTimeouts(config: pg.ClientConfig, timeouts: Timeouts | undefined): pg.ClientConfig {
  if (timeouts === undefined) return config;
  const { statementMs, idleInTransactionMs, answerMs } = timeouts;
  const bounds = `-c statement_timeout=${statementMs} -c idle_in_transaction_session_timeout=${idleInTransactionMs}`;
  return { ...config, options: `${config.options ?? ''} ${bounds}`, query_timeout: answerMs };
}
