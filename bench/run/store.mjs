import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

const folder = path.join(import.meta.dirname, '..', 'results');
const fileOf = ({ id }) => path.join(folder, `${id}.json`);

/** Results of different sizes are not compared. */
export const keyOf = ({ name, setting }) => `${name} at ${setting.scale}`;

/** The last results of this machine, by case and scale; empty where there are none. */
export async function readStored(machine) {
  try {
    return JSON.parse(await readFile(fileOf(machine), 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return { machine, results: {} };
  }
}

/** Puts results in place of those of the same case and scale. @returns the file */
export async function store(machine, stored, results) {
  const all = { ...stored.results, ...Object.fromEntries(results.map((result) => [keyOf(result), result])) };
  await mkdir(folder, { recursive: true });
  const file = fileOf(machine);
  await writeFile(`${file}.${process.pid}`, `${JSON.stringify({ machine, results: all }, null, 2)}\n`);
  await rename(`${file}.${process.pid}`, file);
  return file;
}
