export * from './attune-client.ts';
export { createClient, type Answer, type Client, type ClientConfig } from './client.ts';
export * from './generated/sdk.gen.ts';
export type * from './generated/types.gen.ts';
export * from './told-error.ts';
