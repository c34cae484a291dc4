/** Bytes for the arguments and for the environment of an attempt, beyond what the worker's own settings hand on to it. */
export const room = 8_192;

/** What a process that is to become an attempt is started with besides, as an argument and as a variable: the kernel shows of a process
 *  what it finds in the memory where these lay at first, and the attempt writes its own there. */
export const padding = '-'.repeat(room);

/** Bytes of these texts in a list as the kernel keeps it. */
export const sizeOf = (texts: readonly string[]): number =>
  texts.reduce((size, text) => size + Buffer.byteLength(text) + 1, 0);

export const environmentTexts = (env: Readonly<Record<string, string>>): string[] =>
  Object.entries(env).map((entry) => entry.join('='));
