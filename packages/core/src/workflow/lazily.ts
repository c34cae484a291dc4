/** A value that is found when it is first asked for, and once. */
export function lazily<T>(find: () => T): () => T {
  let found: { value: T } | undefined;
  return () => (found ??= { value: find() }).value;
}
