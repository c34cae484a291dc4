export { adopt, assertAdoptable } from './adopt.ts';
export type { Difference } from './compare.ts';
export { baseline } from './founding.ts';
export { survey, type Survey } from './survey.ts';
