import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

const folder = path.join(import.meta.dirname, '..', 'results');
const fileOf = ({ id }) => path.join(folder, `${id}.json`);

/** Results of different sizes are not compared, and one without all contenders does not replace one that has them. */
export const keyOf = ({ name, setting, missing }) =>
  `${name} at ${setting.scale}${Object.keys(missing).length === 0 ? '' : ', in part'}`;

/** The last results of this machine, by case, scale and whether it is whole; empty where there are none. */
export async function readStored(machine) {
  try {
    return JSON.parse(await readFile(fileOf(machine), 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return { machine, results: {} };
  }
}

/** Puts results in place of those of the same kind. @returns the file */
export async function store(machine, stored, results) {
  const all = { ...stored.results, ...Object.fromEntries(results.map((result) => [keyOf(result), result])) };
  await mkdir(folder, { recursive: true });
  const file = fileOf(machine);
  await writeFile(`${file}.${process.pid}`, `${JSON.stringify({ machine, results: all }, null, 2)}\n`);
  await rename(`${file}.${process.pid}`, file);
  return file;
}
