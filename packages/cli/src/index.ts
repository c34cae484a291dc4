export { programOf, runProgram } from './program.ts';
export { cliOf } from './run.ts';
export type { InputStream, OutputStream, Terminal } from './terminal.ts';
