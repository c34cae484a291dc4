import type { Problem } from '../../errors.ts';
import type { ProblemCode } from '../../problem-code.ts';
import type { YamlDocument } from '../../yaml/document.ts';

/** A problem with a part of a text in a file.
 *  @param part offsets in the text; `end` is the first character behind it. */
export const problemWithin = (
  document: YamlDocument,
  pointer: string,
  part: { start: number; end: number },
  message: string,
  code: ProblemCode,
): Problem => ({
  message,
  file: document.file,
  ...document.within(pointer, part.start, part.end - part.start),
  pointer,
  code,
});
