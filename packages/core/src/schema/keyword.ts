import type { Json } from '../json.ts';
import type { Shape } from '../yaml/shape.ts';
import type { Visit } from './visit.ts';

/** A keyword of a schema: what it may be given, and what it demands of a value. Without `check` it only informs. */
export interface Keyword {
  shape: Shape<unknown>;
  check?: (rule: Json, value: Json, visit: Visit) => void;
}

/** Types a keyword by its shape, so that its check sees what the shape let through. The one place where a rule read back from
 *  storage is taken at its word: schemas are checked before they are kept. */
export const keyword = <R>(shape: Shape<R>, check?: (rule: R, value: Json, visit: Visit) => void): Keyword =>
  check === undefined ? { shape } : { shape, check: (rule, value, visit) => check(rule as R, value, visit) };
