import type { Problem } from '../errors.ts';
import { problemAt, type YamlDocument } from '../yaml/document.ts';
import { suggestion } from '../yaml/nearest.ts';
import { isAtHand, type Known } from './known.ts';
import { packOf } from './names.ts';

/** What to say of a ref that `known` does not have: that it is wrong, or, where its pack is not at hand, that nobody knows. */
export function checkRef(
  document: YamlDocument,
  pointer: string,
  ref: string,
  kind: 'action' | 'trigger',
  known: Known,
): Problem[] {
  const meant = suggestion(ref, known.refs(kind));
  const pack = packOf(ref);
  if (isAtHand(known, pack))
    return [problemAt(document, pointer, `There is no ${kind} ${ref}.${meant}`, 'unknown_ref')];
  const message = `The pack ${pack} is not at hand, so nobody knows whether it has the ${kind} ${ref}.${meant}`;
  return [problemAt(document, pointer, message, 'unchecked_ref')];
}
