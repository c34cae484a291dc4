/** A set of whole numbers as the bounds of its runs, in order: [0, 3, 5, 6] is 0, 1, 2 and 5. The upper bounds are not in it. What
 *  is nearly all of a range, or nearly none of it, is short, however long the range. */
export type Intervals = readonly number[];

export const countIn = (set: Intervals): number =>
  set.reduce((count, bound, index) => (index % 2 === 0 ? count - bound : count + bound), 0);

export const isIn = (set: Intervals, number: number): boolean => boundsUpTo(set, number) % 2 === 1;

/** The set with the numbers from one up to but not including another, all of them above those in it. */
export function withRange(set: Intervals, from: number, to: number): Intervals {
  if (from >= to) return set;
  return set.at(-1) === from ? [...set.slice(0, -1), to] : [...set, from, to];
}

/** The set without one of its numbers. */
export function without(set: Intervals, number: number): Intervals {
  const place = boundsUpTo(set, number);
  if (place % 2 === 0) return set;
  const [from = 0, to = 0] = [set[place - 1], set[place]];
  const left = from === number ? [] : [from, number];
  const right = number + 1 === to ? [] : [number + 1, to];
  return [...set.slice(0, place - 1), ...left, ...right, ...set.slice(place + 1)];
}

export function* numbersIn(set: Intervals): Generator<number> {
  for (let place = 0; place < set.length; place += 2) {
    const [from = 0, to = 0] = [set[place], set[place + 1]];
    for (let number = from; number < to; number += 1) yield number;
  }
}

/** How many bounds are not above a number. Odd: the number is in the set. */
function boundsUpTo(set: Intervals, number: number): number {
  let [low, high] = [0, set.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((set[middle] ?? Infinity) <= number) low = middle + 1;
    else high = middle;
  }
  return low;
}
