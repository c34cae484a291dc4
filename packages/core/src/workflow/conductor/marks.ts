/** Which elements of a list are meant: a character for each, so that it is as long when none is as when all are. */
export type Marks = string;

export const noMarks = (length: number): Marks => '0'.repeat(length);

export const marked = (marks: Marks, index: number): Marks => marks.slice(0, index) + '1' + marks.slice(index + 1);

export function countMarks(marks: Marks): number {
  let count = 0;
  for (let place = marks.indexOf('1'); place >= 0; place = marks.indexOf('1', place + 1)) count += 1;
  return count;
}

/** The elements that are marked, in the order of the list. */
export const markedOf = <T>(list: readonly T[], marks: Marks): T[] => list.filter((_, index) => marks[index] === '1');
