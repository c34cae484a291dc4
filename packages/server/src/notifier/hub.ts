import { changes, type Database } from '@attune/db';
import type { Json } from '@attune/core';
import type { EntityType, Filter } from './filter.ts';

/** One thing that happened, as subscribers receive it. */
export interface Notification {
  type: 'notification';
  notification_type: string;
  entity_type: EntityType;
  entity_id: string;
  payload: Record<string, Json>;
  timestamp: string;
}

/** A connected client, as the hub sees it. */
export interface Subscriber {
  filters: Map<string, Filter>;
  /** @param notification as it goes over the wire: written once for all who hear it */
  send: (notification: string) => void;
  /** Status and time last sent per execution: what has not changed since is not sent again. */
  seen: Map<string, string>;
}

/** Rows of a kind sent in one look; the next look goes on from there. */
const batch = 500;

/** Open inquiries whose end is told to those who subscribe later; of older ones only the rows tell. */
const mostPending = 1_000;

/** Looks at the rows and tells each subscriber what is new to it. Knows nothing of sockets. */
export class Hub {
  readonly #db: Database;
  readonly #subscribers = new Set<Subscriber>();
  #newest: changes.NewestIds | undefined;
  /** Inquiries whose end is still to be told. */
  #pending = new Set<string>();

  constructor(db: Database) {
    this.#db = db;
  }

  add(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber);
  }

  remove(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
  }

  /** One look at what changed since the last. Costs nothing while nobody is subscribed.
   *  @returns whether there may be more new rows than one look tells of */
  async look(): Promise<boolean> {
    if (this.#subscribers.size === 0) {
      this.#newest = undefined;
      return false;
    }
    if (this.#newest === undefined) {
      this.#newest = await changes.newestIds(this.#db);
      this.#pending = new Set((await changes.pendingInquiries(this.#db, mostPending)).map((inquiry) => inquiry.id));
    }
    await this.#lookAtExecutions();
    const hasMore = await this.#lookAtNewRows(this.#newest);
    return (await this.#lookAtInquiries(this.#newest)) || hasMore;
  }

  async #lookAtExecutions(): Promise<void> {
    const followers = new Map<string, Subscriber[]>();
    for (const subscriber of this.#subscribers) {
      for (const filter of subscriber.filters.values()) {
        if (filter.kind !== 'entity') continue;
        const others = followers.get(filter.id);
        if (others === undefined) followers.set(filter.id, [subscriber]);
        else others.push(subscriber);
      }
    }
    if (followers.size === 0) return;
    for (const row of await changes.executionsAround(this.#db, [...followers.keys()])) {
      const mark = `${row.status} ${row.updated}`;
      const texts = new Map<string, string>();
      // one that follows both the execution and its parent has seen it the second time
      for (const id of [row.id, row.parent]) {
        for (const { seen, send } of id === null ? [] : (followers.get(id) ?? [])) {
          const before = seen.get(row.id);
          if (before === mark) continue;
          seen.set(row.id, mark);
          const type = before === undefined ? 'execution_created' : 'execution_status_changed';
          const text = texts.get(type) ?? written(executionNotification(type, row));
          texts.set(type, text);
          send(text);
        }
      }
    }
  }

  async #lookAtNewRows(newest: changes.NewestIds): Promise<boolean> {
    let hasMore = false;
    if (this.#wants('execution')) {
      const rows = await changes.newExecutions(this.#db, newest.execution, batch);
      hasMore ||= rows.length >= batch;
      for (const row of rows) {
        newest.execution = row.id;
        this.#broadcast('execution', executionNotification('execution_created', row));
      }
    }
    for (const kind of ['event', 'enforcement'] as const) {
      if (!this.#wants(kind)) continue;
      const read = kind === 'event' ? changes.newEvents : changes.newEnforcements;
      const rows = await read(this.#db, newest[kind], batch);
      hasMore ||= rows.length >= batch;
      for (const { id, ref, created } of rows) {
        newest[kind] = id;
        this.#broadcast(kind, {
          type: 'notification',
          notification_type: `${kind}_created`,
          entity_type: kind,
          entity_id: id,
          payload: { id, [kind === 'event' ? 'trigger_ref' : 'rule_ref']: ref, created },
          timestamp: created,
        });
      }
    }
    return hasMore;
  }

  async #lookAtInquiries(newest: changes.NewestIds): Promise<boolean> {
    if (!this.#wants('inquiry')) return false;
    const rows = await changes.newInquiries(this.#db, newest.inquiry, batch);
    for (const row of rows) {
      newest.inquiry = row.id;
      this.#pending.add(row.id);
      this.#broadcast('inquiry', inquiryNotification('created', { ...row, status: 'pending' }, row.created));
    }
    for (const row of await changes.endedInquiries(this.#db, [...this.#pending])) {
      this.#pending.delete(row.id);
      this.#broadcast('inquiry', inquiryNotification(row.status, row, row.updated));
    }
    return rows.length >= batch;
  }

  #wants(kind: Notification['entity_type']): boolean {
    return [...this.#subscribers].some((subscriber) => subscriber.filters.has(`entity_type:${kind}`));
  }

  #broadcast(kind: Notification['entity_type'], notification: Notification): void {
    const text = written(notification);
    for (const subscriber of this.#subscribers) {
      if (subscriber.filters.has(`entity_type:${kind}`)) subscriber.send(text);
    }
  }
}

const written = (notification: Notification): string => JSON.stringify(notification);

/** The prompt and the answer are not told: they are asked for. */
const inquiryNotification = (what: string, row: changes.InquiryChange, timestamp: string): Notification => ({
  type: 'notification',
  notification_type: `inquiry_${what}`,
  entity_type: 'inquiry',
  entity_id: row.id,
  payload: { ...row },
  timestamp,
});

const executionNotification = (type: string, row: changes.ExecutionChange): Notification => ({
  type: 'notification',
  notification_type: type,
  entity_type: 'execution',
  entity_id: row.id,
  payload: { ...row },
  timestamp: row.updated,
});
