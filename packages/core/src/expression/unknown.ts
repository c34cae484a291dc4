import { suggestion } from '../yaml/nearest.ts';
import { builtIns } from './function/table.ts';
import { keywords } from './token.ts';

/** What to say of a name that does not exist. */
export function unknownName(name: string, known: Iterable<string>): string {
  const names = [...known];
  const has = names.length === 0 ? '' : `; known are ${enumerate(names)}`;
  const advice = builtIns.has(name)
    ? ` "${name}" is a function: write ${name}(...).`
    : suggestion(name, [...names, ...keywords].sort()); // of two as near, the same one in whatever order they came
  return `There is no ${JSON.stringify(name)} here${has}.${advice} Put text in quotes`;
}

/** What to say of a function that does not exist. */
export function unknownFunction(name: string, ofScope: Iterable<string>): string {
  const other = otherNames.get(name.toLowerCase());
  const meant = other === undefined ? suggestion(name, [...ofScope, ...builtIns.keys()]) : ` Did you mean "${other}"?`;
  return `There is no function ${JSON.stringify(name)}.${meant} The page on expressions lists them all`;
}

/** What other languages call our functions. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ['len', 'length'],
  ['size', 'length'],
  ['str', 'string'],
  ['float', 'number'],
  ['default', 'get'],
  ['includes', 'contains'],
  ['substring', 'slice'],
  ['substr', 'slice'],
  ['lowercase', 'lower'],
  ['uppercase', 'upper'],
  ['strip', 'trim'],
  ['typeof', 'type_of'],
]);

function enumerate(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(', ');
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}
