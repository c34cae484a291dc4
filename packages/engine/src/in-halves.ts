/** Takes up to `most` rows in one transaction, and where that fails fewer and fewer, so that one bad row harms only itself: what stands
 *  before it is done in halves, and then it is alone.
 *  @param take does up to so many rows, and tells how many it did
 *  @param setAside puts away the one row that fails alone, with the reason
 *  @returns how many were done or put away; 0 when none waits */
export async function inHalves(
  most: number,
  take: (limit: number) => Promise<number>,
  setAside: (error: unknown) => Promise<number>,
): Promise<number> {
  for (let limit = most; ; limit = Math.floor(limit / 2)) {
    try {
      return await take(limit);
    } catch (error) {
      const isSlow = tookTooLong(error);
      if (isPassing(error) && !(isSlow && limit > 1)) throw error;
      if (limit === 1) return setAside(error);
    }
  }
}

/** Whether an error is none of the rows': the database was away, out of means or busy. The same rows may pass the next time, so none of
 *  them may be given up for it. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string') return passingCode.test(error.code);
  return driverErrors.test(error.message);
}

/** A statement at its time limit: fewer rows may be done within it. */
const tookTooLong = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '57014';

/** Classes of PostgreSQL: connection, rollback of the transaction for another's sake, resources, operator, system; and those of sockets. */
const passingCode = /^(?:(?:08|40|53|57|58)...|E[A-Z]+)$/;

/** What the driver says of a connection that it lost; these errors have no code. */
const driverErrors = /^(?:Connection terminated|timeout|Query read timeout|Client (?:has|was)|The server was)/i;
