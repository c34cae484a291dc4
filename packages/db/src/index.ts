export * from './database.ts';
export * from './instant.ts';
