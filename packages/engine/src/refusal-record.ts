import { AttuneError, pointerKeys, sealedIn, type Flow, type JsonObject } from '@attune/core';

/** What an enforcement keeps of why it came to nothing. */
export const refusalRecord = ({ code, message, details }: AttuneError): JsonObject => ({
  kind: code,
  message,
  details: details as unknown as JsonObject[],
});

/** The same of what nobody foresaw. */
export const unexpected = (error: unknown): JsonObject => ({
  kind: 'internal',
  message: error instanceof Error ? error.message : String(error),
});

/** Where secrets stand in what a rule gives to its action. */
export const flowsOfSealed = (config: JsonObject, ruleRef: string): Flow[] =>
  sealedIn(config).map((pointer) => ({ pointer, path: pointerKeys(pointer), source: `what rule '${ruleRef}' gives` }));
