import type { Problem } from '../errors.ts';
import { severityOf, type ProblemCode, type Severity } from '../problem-code.ts';
import { inOrder, type LoadedPack } from './load.ts';

/** One thing that is to be said of a pack's files, complete: what `pack check` prints, and editors show. */
export interface Finding {
  /** Path of the file inside its pack, with forward slashes. */
  file: string;
  /** One-based; columns count UTF-16 code units. What is about a file as a whole stands at its beginning. */
  line: number;
  column: number;
  /** The first character behind it, where it is a word or a value. */
  end_line?: number;
  end_column?: number;
  severity: Severity;
  code: ProblemCode;
  /** What was found, what was expected, and how to go on. */
  message: string;
  /** JSON pointer (RFC 6901) of the value in its file. */
  pointer?: string;
}

/** Everything there is to say of a pack, by file and place. */
export const findingsOf = ({
  problems,
  warnings,
  notes,
}: Pick<LoadedPack, 'problems' | 'warnings' | 'notes'>): Finding[] =>
  inOrder([...problems, ...warnings, ...notes]).map(findingOf);

/** @param problem one of a pack's files; without a file it is about the pack as a whole. */
export function findingOf(problem: Problem): Finding {
  const {
    file = 'pack.yaml',
    line = 1,
    column = 1,
    end_line,
    end_column,
    message,
    pointer,
    code = 'wrong_file',
  } = problem;
  return {
    file,
    line,
    column,
    ...(end_line === undefined || end_column === undefined ? {} : { end_line, end_column }),
    severity: severityOf(code),
    code,
    message,
    ...(pointer === undefined ? {} : { pointer }),
  };
}
