import { createHash } from 'node:crypto';
import { availableParallelism, cpus, totalmem } from 'node:os';

/** What results of one machine have in common. `id` names its file. */
export function machineOf() {
  const facts = {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    node: process.version,
  };
  const id = createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 12);
  return { id, ...facts, memory_gib: Math.round(totalmem() / 2 ** 30) };
}
