/** Longest a test waits for something, in milliseconds. Generous: a slow machine is not a failure, a missing event is. */
const limitMs = 60_000;

/** Asks until the answer is not undefined (or false), and returns it. Waits for an event that cannot be subscribed to.
 *  @throws Error naming `what` after a minute. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 1.5, 250)) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`Waited ${limitMs / 1000} s in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
