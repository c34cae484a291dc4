export * from './read-folder.ts';
export * from './materialise.ts';
