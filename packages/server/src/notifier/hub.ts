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
  send: (notification: Notification) => void;
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

  /** One look at what changed since the last. Costs nothing while nobody is subscribed. */
  async look(): Promise<void> {
    if (this.#subscribers.size === 0) {
      this.#newest = undefined;
      return;
    }
    if (this.#newest === undefined) {
      this.#newest = await changes.newestIds(this.#db);
      this.#pending = new Set((await changes.pendingInquiries(this.#db, mostPending)).map((inquiry) => inquiry.id));
    }
    await this.#lookAtExecutions();
    await this.#lookAtNewRows();
    await this.#lookAtInquiries();
  }

  async #lookAtExecutions(): Promise<void> {
    const watched = new Set<string>();
    for (const { filters } of this.#subscribers) {
      for (const filter of filters.values()) if (filter.kind === 'entity') watched.add(filter.id);
    }
    if (watched.size === 0) return;
    const rows = await changes.executionsAround(this.#db, [...watched]);
    for (const subscriber of this.#subscribers) {
      const own = new Set([...subscriber.filters.values()].flatMap((one) => (one.kind === 'entity' ? [one.id] : [])));
      for (const row of rows) {
        if (!own.has(row.id) && !(row.parent !== null && own.has(row.parent))) continue;
        const mark = `${row.status} ${row.updated}`;
        if (subscriber.seen.get(row.id) === mark) continue;
        const isNew = !subscriber.seen.has(row.id);
        subscriber.seen.set(row.id, mark);
        subscriber.send(executionNotification(isNew ? 'execution_created' : 'execution_status_changed', row));
      }
    }
  }

  async #lookAtNewRows(): Promise<void> {
    const newest = this.#newest;
    if (newest === undefined) return;
    if (this.#wants('execution')) {
      for (const row of await changes.newExecutions(this.#db, newest.execution, batch)) {
        newest.execution = row.id;
        this.#broadcast('execution', executionNotification('execution_created', row));
      }
    }
    for (const kind of ['event', 'enforcement'] as const) {
      if (!this.#wants(kind)) continue;
      const read = kind === 'event' ? changes.newEvents : changes.newEnforcements;
      for (const { id, ref, created } of await read(this.#db, newest[kind], batch)) {
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
  }

  async #lookAtInquiries(): Promise<void> {
    const newest = this.#newest;
    if (newest === undefined || !this.#wants('inquiry')) return;
    for (const row of await changes.newInquiries(this.#db, newest.inquiry, batch)) {
      newest.inquiry = row.id;
      this.#pending.add(row.id);
      this.#broadcast('inquiry', inquiryNotification('created', { ...row, status: 'pending' }, row.created));
    }
    for (const row of await changes.endedInquiries(this.#db, [...this.#pending])) {
      this.#pending.delete(row.id);
      this.#broadcast('inquiry', inquiryNotification(row.status, row, row.updated));
    }
  }

  #wants(kind: Notification['entity_type']): boolean {
    return [...this.#subscribers].some((subscriber) => subscriber.filters.has(`entity_type:${kind}`));
  }

  #broadcast(kind: Notification['entity_type'], notification: Notification): void {
    for (const subscriber of this.#subscribers) {
      if (subscriber.filters.has(`entity_type:${kind}`)) subscriber.send(notification);
    }
  }
}

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
