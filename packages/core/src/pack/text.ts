/** Every JavaScript host has it; declared here because this package is compiled without any host's types. */
declare const TextDecoder: new (
  label: 'utf-8',
  options: { fatal: boolean },
) => { decode: (bytes: Uint8Array) => string };

/** Bytes as UTF-8 text, a byte order mark left out; undefined if they are not UTF-8. */
export function plainText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
