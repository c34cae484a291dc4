import { isPassing, tookTooLong } from './passing.ts';

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
