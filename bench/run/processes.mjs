import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Ticks of the processor's accounting per second, on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** A process and all below it, but for another and all below that. */
function treeOf(pid, without) {
  const children = new Map();
  for (const name of processNames()) {
    const parent = statOf(name)?.parent;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const all = [];
  const visit = (one) => {
    if (one === without) return;
    all.push(one);
    for (const child of children.get(one) ?? []) visit(child);
  };
  visit(pid);
  return all;
}

/** Seconds of processor that a process tree has used: those that live, and those that ended below them. Where there is no /proc, 0.
 *  @param without a process below it that is not to count */
export function processorSeconds(pid, without) {
  const ticks = treeOf(pid, without).reduce((sum, one) => sum + (statOf(one)?.ticks ?? 0), 0);
  return ticks / ticksPerSecond;
}

/** MiB of memory of a process tree; what several share counts as a part of each. */
export function memoryMib(pid, without) {
  const kib = treeOf(pid, without).reduce((sum, one) => sum + pssKib(one), 0);
  return kib / 1_024;
}

const processNames = () => (existsSync('/proc') ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : []);

function pssKib(pid) {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]);
  } catch {
    return 0; // it ended meanwhile
  }
}

function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
    return { parent: Number(fields[1]), ticks };
  } catch {
    return undefined;
  }
}
