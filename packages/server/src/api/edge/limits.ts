/** Largest request bodies, in bytes. */
export const bodyLimits = {
  /** Every JSON body that is not named below: 1 MiB. */
  json: 1024 * 1024,
  /** A batch of events or executions: 16 MiB. */
  batch: 16 * 1024 * 1024,
  /** What a provider sends to a webhook: 10 MiB. */
  webhook: 10 * 1024 * 1024,
  /** A webhook's body in base64 inside JSON, to be signed. */
  sign: 15 * 1024 * 1024,
  /** A pack: its files may have 100 MiB, a third more in base64. */
  pack: 150 * 1024 * 1024,
} as const;

/** Deepest nesting of lists and objects in a body: far beyond what people write, far below what PostgreSQL refuses. */
export const maxNesting = 200;

/** Rows of a list's page. */
export const pageLimit = { default: 50, most: 200 } as const;

/** Bytes of one answer about a log. */
export const logLimit = { default: 256 * 1024, most: 1024 * 1024 } as const;

/** Entries of a batch of events or executions. */
export const batchLimit = { entries: 10_000 } as const;

/** What may wait in a process of the API until it is stored: so many requests, and of so many bytes. */
export const waitingLimit = { requests: 5_000, bytes: 64 * 1024 * 1024 } as const;

/** Most executions that a tree shows. */
export const treeLimit = 2_000;

/** Milliseconds in which a request must have arrived whole. */
export const requestTimeoutMs = 120_000;
