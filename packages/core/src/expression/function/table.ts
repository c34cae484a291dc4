import { arithmetic } from './arithmetic.ts';
import type { BuiltIn } from './built-in.ts';
import { collections } from './collection.ts';
import { conversions } from './conversion.ts';
import { lists } from './list.ts';
import { texts } from './text.ts';

/** Every built-in function by its name. A Map, so that no name of a prototype is one. */
export const builtIns: ReadonlyMap<string, BuiltIn> = new Map(
  Object.entries({ ...conversions, ...arithmetic, ...texts, ...collections, ...lists }),
);
