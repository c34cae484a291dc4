/** Whether an error is none of the rows': the database was away, out of means or busy. The same rows may pass the next time, so none of
 *  them may be given up for it. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string') return passingCode.test(error.code);
  return driverErrors.test(error.message);
}

/** A statement at its time limit: fewer rows may be done within it. */
export const tookTooLong = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '57014';

/** Classes of PostgreSQL: connection, rollback of the transaction for another's sake, resources, operator, system; and those of sockets. */
const passingCode = /^(?:(?:08|40|53|57|58)...|E[A-Z]+)$/;

/** What the driver says of a connection that it lost; these errors have no code. */
const driverErrors =
  /^(?:Connection terminated|timeout|Query read timeout|Client (?:has|was)|The database connection is lost)/i;
