export * from './json.ts';
export * from './hash.ts';
export * from './errors.ts';
export * from './execution/machine.ts';
export * from './execution/execution.ts';
