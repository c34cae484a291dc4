/** Names one attempt in one run of a workflow: `patch`, its second visit `patch#2`, its second item `patch.1`, its third attempt
 *  `patch/3`, or all of it, `patch#2.1/3`. */
export interface RunKey {
  task: string;
  /** @default 1 */
  visit: number;
  /** Index of the item or number of the chunk; null where the task has none. */
  item: number | null;
  /** @default 1 */
  attempt: number;
}

const form = /^(?<task>[A-Za-z0-9_-]+)(?:#(?<visit>\d+))?(?:\.(?<item>\d+))?(?:\/(?<attempt>\d+))?$/;

/** The parts a key says, undefined where it leaves one out.
 *  @throws Error where it is no key. */
export function partsOf(text: string): {
  task: string;
  visit: number | undefined;
  item: number | undefined;
  attempt: number | undefined;
} {
  const groups = form.exec(text)?.groups;
  if (groups === undefined) throw new Error(`'${text}' does not name a run of a task, as patch#2.1/3 does`);
  const number = (digits: string | undefined) => (digits === undefined ? undefined : Number(digits));
  return {
    task: groups['task'] ?? '',
    visit: number(groups['visit']),
    item: number(groups['item']),
    attempt: number(groups['attempt']),
  };
}

/** A key as people write it: what is as usual is left out. */
export function keyOf({ task, visit, item, attempt }: RunKey): string {
  return `${task}${visit > 1 ? `#${visit}` : ''}${item === null ? '' : `.${item}`}${attempt > 1 ? `/${attempt}` : ''}`;
}
