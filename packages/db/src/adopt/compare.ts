import type { Check, Layout, Table, Trigger } from './layout.ts';

/** Something of an old database that is not as the founding layout has it. */
export interface Difference {
  /** `harmless`: stays as it is. `repaired`: adoption puts it right. `refused`: adoption is not possible. */
  kind: 'harmless' | 'repaired' | 'refused';
  /** As a sentence. */
  message: string;
}

/** What adoption has to do, found by comparing. */
export interface Plan {
  differences: Difference[];
  missingTypes: Set<string>;
  missingTables: Set<string>;
  /** The original's triggers, to be dropped. */
  dropTriggers: { table: string; trigger: string }[];
  /** Checks that say ours in another way: dropped, and ours put in their place. */
  replaceChecks: { table: string; drop: string[]; add: Check }[];
  /** References to tables that were missing: `pack > pack cascade`. */
  addReferences: { table: string; reference: string }[];
}

/** Compares without looking at rows. */
export function compare(expected: Layout, found: Layout): Plan {
  const plan: Plan = {
    differences: [],
    missingTypes: new Set(),
    missingTables: new Set(),
    dropTriggers: [],
    replaceChecks: [],
    addReferences: [],
  };
  for (const [name, labels] of expected.enums) {
    const there = found.enums.get(name);
    if (there === undefined) {
      plan.missingTypes.add(name);
      note(plan, 'repaired', `The type ${name} is missing: it is made.`);
    } else if (there.join() !== labels.join()) {
      note(plan, 'refused', `The type ${name} has the values ${there.join(', ')} instead of ${labels.join(', ')}.`);
    }
  }
  for (const name of expected.tables.keys()) {
    if (found.tables.has(name)) continue;
    plan.missingTables.add(name);
    note(plan, 'repaired', `The table ${name} is missing: it is made, empty.`);
  }
  for (const [name, table] of expected.tables) {
    const there = found.tables.get(name);
    if (there !== undefined) compareTable(plan, name, table, there);
  }
  return plan;
}

const note = (plan: Plan, kind: Difference['kind'], message: string) => plan.differences.push({ kind, message });

function compareTable(plan: Plan, name: string, expected: Table, found: Table): void {
  const refuse = (message: string) => note(plan, 'refused', message);
  for (const oddity of found.oddities) refuse(`The table ${name} cannot be taken over: ${oddity}.`);

  for (const [column, { type, required, default: value }] of expected.columns) {
    const there = found.columns.get(column);
    const what = `The column ${name}.${column}`;
    if (there === undefined) {
      refuse(`${what} is missing.`);
      continue;
    }
    if (there.type !== type) refuse(`${what} is of type ${there.type} instead of ${type}.`);
    if (there.required !== required)
      refuse(`${what} ${there.required ? 'must' : 'need not'} be set; it is to be the other way.`);
    if (there.default !== value)
      refuse(`${what} has the default ${there.default ?? 'null'} instead of ${value ?? 'null'}.`);
  }
  for (const column of found.columns.keys()) {
    if (!expected.columns.has(column)) refuse(`The column ${name}.${column} is none of the founding layout's.`);
  }
  for (const columns of expected.unique) {
    if (!found.unique.has(columns)) refuse(`Nothing makes (${columns}) unique in ${name}.`);
  }
  for (const columns of found.unique) {
    if (!expected.unique.has(columns)) refuse(`(${columns}) is unique in ${name}, which Attune does not promise.`);
  }
  for (const reference of expected.references) {
    if (found.references.has(reference)) continue;
    const target = /> (\w+) /.exec(reference)?.[1] ?? '';
    if (plan.missingTables.has(target)) {
      plan.addReferences.push({ table: name, reference });
      note(plan, 'repaired', `The reference ${name}.${reference} is missing with its table: it is made.`);
    } else {
      refuse(`The reference ${name}.${reference} is missing.`);
    }
  }
  for (const reference of found.references) {
    if (!expected.references.has(reference))
      refuse(`The reference ${name}.${reference} is none of the founding layout's.`);
  }
  compareChecks(plan, name, expected.checks, found.checks);
  for (const [definition, index] of found.indexes) {
    if (!expected.indexes.has(definition))
      note(plan, 'harmless', `The index ${index} of ${name} is none of ours: it stays.`);
  }
  for (const trigger of found.triggers) compareTrigger(plan, name, trigger);
}

/** A check that looks at the columns of one of ours is taken to say the same in another way; the rows then have to pass ours. */
function compareChecks(plan: Plan, table: string, expected: readonly Check[], found: readonly Check[]): void {
  const matched = new Set<string>();
  for (const check of expected) {
    const alike = found.filter(({ columns }) => columns.join() === check.columns.join());
    for (const { name } of alike) matched.add(name);
    const [only] = alike;
    if (alike.length === 1 && only?.condition === check.condition && only.name === check.name) continue;
    plan.replaceChecks.push({ table, drop: alike.map(({ name }) => name), add: check });
    const written =
      alike.length === 0 ? 'is missing' : `is written otherwise (${alike.map(({ name }) => name).join(', ')})`;
    note(
      plan,
      'repaired',
      `The check of ${table}.${check.columns.join(', ')} ${written}: it becomes ${check.condition}.`,
    );
  }
  for (const { name, condition } of found) {
    if (!matched.has(name))
      note(plan, 'refused', `The check ${name} of ${table} is none of the founding layout's: ${condition}.`);
  }
}

function compareTrigger(plan: Plan, table: string, { name, source }: Trigger): void {
  if (/\bpg_notify\s*\(|\bnotify\s+\w/i.test(source)) {
    plan.dropTriggers.push({ table, trigger: name });
    note(plan, 'repaired', `The trigger ${name} of ${table} sends notifications from within the write: it is removed.`);
  } else if (/\bnew\.updated\s*:?=/i.test(source)) {
    plan.dropTriggers.push({ table, trigger: name });
    note(
      plan,
      'repaired',
      `The trigger ${name} of ${table} sets updated, which statements do themselves: it is removed.`,
    );
  } else if (table === 'key' && /owner_type/i.test(source)) {
    note(plan, 'harmless', `The trigger ${name} of ${table} checks owners: it stays.`);
  } else {
    note(plan, 'refused', `The trigger ${name} of ${table} does something of its own.`);
  }
}
