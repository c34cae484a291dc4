/** Something that happens at a moment of the simulated time. */
export interface Entry<T> {
  /** Seconds after the beginning; Infinity: only if the record says so. */
  at_seconds: number;
  /** What it is called in a recorded order. */
  key: string;
  /** False once nobody waits for it any more: it then never happens. */
  isAwaited: () => boolean;
  what: T;
}

/** What is known beforehand about the order. */
export interface OrderedEntry {
  key: string;
  at_seconds: number;
}

/** What is still to happen, in order: first as the record has it, as far as there is one, then by the clock, and of two at the same moment
 *  the one that was entered first. */
export class Agenda<T> {
  readonly #order: readonly OrderedEntry[];
  readonly #byKey = new Map<string, Entry<T>>();
  readonly #heap: { entry: Entry<T>; number: number }[] = [];
  #position = 0;
  #entered = 0;
  #now = 0;

  constructor(order: readonly OrderedEntry[] = []) {
    this.#order = order;
  }

  /** Whether the order of the record still decides. */
  get isFollowing(): boolean {
    return this.#position < this.#order.length;
  }

  /** Seconds since the beginning. */
  get now(): number {
    return this.#now;
  }

  add(entry: Entry<T>): void {
    this.#byKey.set(entry.key, entry);
    this.#heap.push({ entry, number: this.#entered });
    this.#entered += 1;
    this.#rise(this.#heap.length - 1);
  }

  /** Takes what happens next, and moves the clock there; undefined where nothing is left. */
  next(): T | undefined {
    while (this.isFollowing) {
      const wanted = this.#order[this.#position];
      this.#position += 1;
      if (wanted === undefined) break;
      const entry = this.#byKey.get(wanted.key);
      if (entry?.isAwaited() === true) return this.#take(entry, wanted.at_seconds);
    }
    for (let top = this.#pop(); top !== undefined; top = this.#pop()) {
      const isCurrent = this.#byKey.get(top.key) === top;
      if (isCurrent && top.isAwaited() && top.at_seconds !== Infinity) return this.#take(top, top.at_seconds);
    }
    return undefined;
  }

  #take(entry: Entry<T>, at: number): T {
    this.#byKey.delete(entry.key);
    this.#now = Math.max(this.#now, at);
    return entry.what;
  }

  #pop(): Entry<T> | undefined {
    const [top] = this.#heap;
    const last = this.#heap.pop();
    if (top === undefined || last === undefined) return undefined;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink(0);
    }
    return top.entry;
  }

  #rise(from: number): void {
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(from: number): void {
    for (let at = from; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let first = at;
      if (left < this.#heap.length && this.#isBefore(left, first)) first = left;
      if (right < this.#heap.length && this.#isBefore(right, first)) first = right;
      if (first === at) return;
      this.#swap(at, first);
      at = first;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a], this.#heap[b]];
    if (one === undefined || other === undefined) return false;
    if (one.entry.at_seconds !== other.entry.at_seconds) return one.entry.at_seconds < other.entry.at_seconds;
    return one.number < other.number;
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#heap[a], this.#heap[b]];
    if (one === undefined || other === undefined) return;
    [this.#heap[a], this.#heap[b]] = [other, one];
  }
}
