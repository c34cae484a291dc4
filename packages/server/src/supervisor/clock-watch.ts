/** Milliseconds by which two clocks may differ between two looks before it counts as a jump. Less than what a lease has left when it is
 *  renewed. */
const toleranceMs = 5_000;

export interface ClockLook {
  /** By how much the database's clock went further than time did since the last look; 0 where it kept step. */
  jumpMs: number;
  /** For how long it has kept step, as far as is known. */
  steadyMs: number;
}

/** Compares the database's clock with the time that passes here, whatever both say. */
export function clockWatch(): (databaseMs: number, askedAtMs: number, answeredAtMs: number) => ClockLook {
  let last: { databaseMs: number; atMs: number; spanMs: number } | undefined;
  let steadySince = Infinity;
  return (databaseMs, askedAtMs, answeredAtMs) => {
    const now = { databaseMs, atMs: answeredAtMs, spanMs: answeredAtMs - askedAtMs };
    const jumpMs = last === undefined ? 0 : databaseMs - last.databaseMs - (now.atMs - last.atMs);
    // the answer is from some moment between question and answer
    const unsureMs = now.spanMs + (last?.spanMs ?? 0);
    const jumped = Math.abs(jumpMs) > toleranceMs + unsureMs;
    if (jumped || last === undefined) steadySince = answeredAtMs;
    last = now;
    return { jumpMs: jumped ? jumpMs : 0, steadyMs: answeredAtMs - steadySince };
  };
}
